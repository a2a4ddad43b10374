// The HTML report in headless Chromium: filters, addresses, keys, links, downloads, colours, print, and
// that no name in it does anything.
//
//   node tests/validation/browser.mjs TOOLS FILE.html…
//
// TOOLS holds node_modules/playwright-core; CHROMIUM names the browser (default /usr/bin/chromium).
// What the page shows is compared with its data, filtered here by other code. Exit status: 0 if all
// holds, else 1, with a line for each problem.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { inspectColours, overflow } from "./browser_page.mjs";

const [tools, ...files] = process.argv.slice(2);
const { chromium } = createRequire(path.resolve(tools, "node_modules/"))("playwright-core");

const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const STATUSES_OF_WORK = ["open", "unknown", "known", "waived"];
// Rows that may be drawn at once, however many findings there are.
const MOST_ROWS = 1000;

const problems = [];
const expect = (holds, says) => { if (!holds) problems.push(says); };
const same = (found, wanted, says) => expect(found === wanted, `${says}: ${found}, and not ${wanted}`);

/** A page that may not do anything but show the file. */
const open = async (browser, url, options = {}) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.on("console", (message) => problems.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("dialog", async (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  page.on("request", (request) => {
    expect(request.url().split("#")[0] === url.split("#")[0], `request: ${request.url()}`);
  });
  await page.addInitScript(() => addEventListener("securitypolicyviolation", (event) =>
    console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`)));
  await page.goto(url);
  if (options.javaScriptEnabled !== false) {
    // The data of a large report are unpacked first.
    await page.waitForFunction(() => !document.getElementById("explorer")
      || document.documentElement.classList.contains("live"));
  }
  return page;
};

/** The data of the page; those of a large report are packed. */
const read = async (page) => {
  const [type, text] = await page.evaluate(() => {
    const { type, textContent } = document.getElementById("data");
    return [type, textContent];
  });
  const data = JSON.parse(type === "application/gzip" ? gunzipSync(Buffer.from(text, "base64")) : text);
  const texts = [];
  for (const finding of data.findings) {
    const { kind, evidence = [], sources, notes = [] } = finding;
    const places = [kind, ...evidence.map(([name]) => name), sources, ...notes];
    texts.push(...places.filter((text) => typeof text === "string"));
    if (typeof kind === "number") finding.kind = texts[kind];
  }
  return data;
};
const counted = async (page) => parseInt(await page.textContent("#count"), 10);
/** Fills the search, and waits until the page has taken it. */
const search = async (page, text) => {
  await page.fill("#search", text);
  await page.waitForTimeout(400);
};
const choose = (page, filter, value) => page.click(`button[data-filter="${filter}"][data-value="${value}"]`);
const reset = (page) => page.click("#reset");
const values = (findings, key) => [...new Set(findings.map((finding) => finding[key]))];

/** The findings that are shown at first: the open ones or, if there are none, all that asks for work. */
const atFirst = (findings) => {
  const open = findings.filter(({ status }) => status === "open");
  return open.length > 0 ? open : findings.filter(({ status }) => STATUSES_OF_WORK.includes(status));
};

/** How many findings a menu says that it would show of a value. */
const promised = async (page, filter, value) => page.$eval(`select[data-filter="${filter}"]`,
  (menu, wanted) => Number([...menu.options].find((option) => option.value === wanted).text.match(/\((\d+)\)$/)[1]), value);

/** Chooses a value in a menu, which said how many findings that would show; without a menu, all have it. */
const pick = async (page, filter, value, wanted) => {
  if (!await page.$(`select[data-filter="${filter}"]`)) {
    same(await counted(page), wanted, `${filter} ${value}, without a choice`);
    return;
  }
  same(await promised(page, filter, value), wanted, `promised of ${filter} ${value}`);
  await page.selectOption(`select[data-filter="${filter}"]`, value);
  same(await counted(page), wanted, `${filter} ${value}`);
  await reset(page);
};

const filters = async (page, { findings, rules }) => {
  const shown = atFirst(findings);
  same(await counted(page), shown.length, "findings at first");
  const inHeading = parseInt(await page.textContent('nav a[href="#findings"] span'), 10);
  same(findings.filter(({ status }) => status === "open").length, inHeading, "open findings in the heading");
  for (const severity of values(findings, "severity")) {
    await choose(page, "severity", severity);
    same(await counted(page), shown.filter((f) => f.severity === severity).length, `severity ${severity}`);
    await reset(page);
  }
  for (const rule of values(shown, "rule").slice(0, 5)) {
    const wanted = shown.filter((f) => f.rule === rule).length;
    await pick(page, "rule", rules[rule].id, wanted);
  }
  for (const account of values(findings, "account")) {
    await pick(page, "account", account, shown.filter((f) => f.account === account).length);
  }
  for (const kind of values(shown, "kind").slice(0, 5)) {
    await pick(page, "kind", kind, shown.filter((f) => f.kind === kind).length);
  }
  const { family, controls } = rules[shown[0].rule];
  if (family !== "") {
    await pick(page, "family", family, shown.filter((f) => rules[f.rule].family === family).length);
  }
  for (const control of controls.slice(0, 2)) {
    const tested = shown.filter((f) => rules[f.rule].controls.includes(control));
    await pick(page, "control", control, tested.length);
  }
  await statuses(page, findings);
};

const statuses = async (page, findings) => {
  const pressed = await page.$$eval('[data-filter="status"][aria-pressed="true"]',
    (all) => all.map((choice) => choice.dataset.value));
  for (const status of pressed) await choose(page, "status", status);
  same(await counted(page), findings.length, "findings of every status");
  for (const status of values(findings, "status")) {
    await choose(page, "status", status);
    same(await counted(page), findings.filter((f) => f.status === status).length, `status ${status}`);
    await choose(page, "status", status);
  }
  await reset(page);
};

const searches = async (page, { findings }) => {
  const shown = atFirst(findings);
  const last = shown.at(-1);
  await search(page, last.fingerprint);
  const alike = shown.filter(({ fingerprint }) => fingerprint === last.fingerprint);
  same(await counted(page), alike.length, "findings by a fingerprint");
  await search(page, "words-that-are-nowhere");
  same(await counted(page), 0, "nonsense finds nothing");
  const word = last.resource.toUpperCase().split(/\s+/)[0];
  await search(page, word);
  expect(await counted(page) >= 1, `the resource ${word} is not found`);
  await page.press("#search", "Control+A");
  await page.press("#search", "Delete");
  await page.waitForTimeout(400);
  same(await counted(page), shown.length, "an empty search finds all");
};

const groups = async (page, { findings }) => {
  const shown = atFirst(findings);
  for (const [by, key] of [["severity", "severity"], ["rule", "rule"]]) {
    await page.selectOption("#grouping", by);
    same(await page.locator("#list details.group").count(), values(shown, key).length, `groups by ${by}`);
  }
  const rows = () => page.locator("#list .finding").count();
  expect(await rows() <= MOST_ROWS, `${await rows()} rows are drawn at once`);
  const more = page.locator("#list .more").first();
  if (await more.count() > 0) {
    const before = await rows();
    await more.click();
    expect(await rows() > before, "no more rows are drawn");
  } else {
    same(await rows(), shown.length, "rows");
  }
};

const keys = async (page) => {
  await page.locator("#list .finding > summary").first().focus();
  await page.keyboard.press("Enter");
  const body = page.locator("#list .finding .body").first();
  await body.waitFor();
  expect(await body.locator("text=Why it matters").count() === 1, "a finding opens without its reason");
  await body.locator(".copy").first().click();
  await page.waitForFunction(() => /^(Copied|Selected): /.test(document.getElementById("copied").textContent));
  await page.locator("#list .finding > summary").first().focus();
  await page.keyboard.press("/");
  same(await page.evaluate(() => document.activeElement.id), "search", "the key / goes to");
  await page.keyboard.type("a/b");
  same(await page.inputValue("#search"), "a/b", "the search holds");
  await page.fill("#search", "");
  await page.waitForTimeout(400);
};

/** A finding's own address opens it, wherever it is in the list. */
const links = async (browser, url, { findings, rules }) => {
  const last = findings.at(-1);
  for (const fragment of [last.fingerprint, `finding-${last.fingerprint}`]) {
    const page = await open(browser, `${url}#${fragment}`);
    const finding = page.locator(`[data-fingerprint="${last.fingerprint}"][open] .body`).first();
    await finding.waitFor({ timeout: 5000 }).catch(() => problems.push(`#${fragment} opens nothing`));
    await page.context().close();
  }
  const page = await open(browser, url);
  const link = page.locator('main a[href^="#rule-"]:visible').first();
  if (await link.count() > 0) {
    const id = await link.innerText();
    await link.click();
    await page.waitForTimeout(100);
    const wanted = findings.filter((finding) => rules[finding.rule].id === id).length;
    same(await counted(page), wanted, `findings by the link to ${id}`);
  }
  await page.context().close();
};

/** What is chosen stands in the address, and the address chooses it again. */
const addresses = async (browser, url, { findings }) => {
  const [first] = atFirst(findings);
  const page = await open(browser, url);
  await choose(page, "severity", first.severity);
  await page.selectOption("#grouping", "severity");
  await search(page, first.fingerprint);
  const [address, shown] = [page.url(), await counted(page)];
  expect(address.includes(`search=${first.fingerprint}`), `the address is ${address}`);
  await page.context().close();
  const other = await open(browser, address);
  same(await counted(other), shown, "findings by an address");
  same(await other.inputValue("#grouping"), "severity", "the grouping by an address");
  await other.context().close();
};

/** What is shown can be taken along, and formulas in it are defused. */
const downloads = async (page, { findings }) => {
  const shown = atFirst(findings);
  for (const kind of ["csv", "json"]) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click(`#${kind}`)]);
    const text = await readFile(await download.path(), "utf8");
    const count = kind === "json"
      ? JSON.parse(text).length
      : text.split("\r\n").filter((line) => line !== "").length - 1;
    same(count, shown.length, `findings in the ${kind}`);
    expect(kind === "json" || !/(^|,)"?[=+@-]/m.test(text), "a cell is a formula");
  }
};

/** The card of an identity has all that is about it. */
const identity = async (page, { findings }) => {
  const user = atFirst(findings).find(({ kind }) => kind === "user");
  if (!user) return;
  await page.selectOption("#grouping", "identity");
  await search(page, user.resource.split(":").at(-1));
  const card = page.locator("#list details.group", { hasText: user.name }).first();
  const own = findings.filter(({ resource }) => resource === user.resource);
  const rows = await card.locator(".finding").count();
  expect(rows >= Math.min(atFirst(own).length, 10), `${rows} findings on the card of ${user.name}`);
  await card.locator(".facts-of > summary").click();
  // They are made once the browser has announced that the block is open.
  await card.locator(".facts-of .evidence").first().waitFor({ timeout: 5000 });
  await search(page, "");
  await page.selectOption("#grouping", "rule");
};

const looks = async (browser, url, data) => {
  for (const width of [360, 768, 1280, 1600]) {
    const page = await open(browser, url, { viewport: { width, height: 900 } });
    problems.push(...await page.evaluate(overflow));
    await page.context().close();
  }
  const page = await open(browser, url);
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  if (data.findings.length > 0) await page.locator("#list .finding > summary").first().click();
  problems.push(...await page.evaluate(inspectColours));
  await page.check("#theme-dark", { force: true });
  expect(await background() !== light, "the dark scheme is not dark");
  problems.push(...await page.evaluate(inspectColours));
  await page.emulateMedia({ media: "print" });
  same(await background(), "rgb(255, 255, 255)", "paper is");
  if (data.findings.length > 0) {
    const printed = async (inFull) => {
      await page.evaluate((inFull) => { document.getElementById("in-full").checked = inFull; }, inFull);
      await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
      return page.evaluate(() => [...document.querySelectorAll("#paper .group")]
        .map((group) => group.querySelectorAll("article").length));
    };
    const most = Math.max(...await printed(false));
    expect(most > 0 && most <= 10, `${most} findings of a rule are printed`);
    expect(!await page.isVisible("#paper .evidence"), "evidence is printed unasked");
    const all = (await printed(true)).reduce((sum, count) => sum + count, 0);
    same(all, Math.min(await counted(page), 500), "findings printed in full");
    expect(await page.isVisible("#paper .evidence"), "no evidence is printed");
  }
  expect(!await page.isVisible("#filters"), "controls are printed");
  await page.context().close();
};

/** Without JavaScript, and on paper, the findings stand by rule. */
const still = async (browser, url, { findings }) => {
  const page = await open(browser, url, { javaScriptEnabled: false });
  expect(!await page.isVisible("#explorer"), "there are controls that cannot work");
  const worked = atFirst(findings);
  if (worked.length > 0) {
    const text = await page.innerText("#plain");
    expect(text.includes(worked[0].message), "no findings without JavaScript");
  }
  await page.context().close();
};

/** No name became an element, or broke out of its place. */
const inert = async (page) => {
  const found = await page.evaluate(() => {
    const attributes = [...document.querySelectorAll("*")].flatMap((element) => [...element.attributes]);
    const handlers = attributes.filter(({ name }) => name.startsWith("on")).length;
    return { scripts: document.scripts.length, images: document.images.length, handlers };
  });
  same(JSON.stringify(found), JSON.stringify({ scripts: 2, images: 0, handlers: 0 }), "elements");
};

const inspect = async (browser, file) => {
  const url = pathToFileURL(path.resolve(file)).href;
  const page = await open(browser, url);
  const data = await read(page);
  if (data.findings.length > 0) {
    await filters(page, data);
    await searches(page, data);
    await groups(page, data);
    await identity(page, data);
    await keys(page);
    await reset(page);
    await downloads(page, data);
    await links(browser, url, data);
    await addresses(browser, url, data);
  }
  await inert(page);
  await page.context().close();
  await looks(browser, url, data);
  await still(browser, url, data);
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: QUIET,
});
for (const file of files) {
  const before = problems.length;
  await inspect(browser, file).catch((error) => problems.push(error.message));
  for (const problem of problems.slice(before)) console.log(`${file}: ${problem}`);
}
await browser.close();
process.exit(problems.length > 0 ? 1 : 0);

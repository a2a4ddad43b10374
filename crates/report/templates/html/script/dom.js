// Elements. Text becomes text nodes and nothing else, so that no name is ever markup.

/** An element with these attributes and children; a child is text or a node. */
const element = (tag, attributes, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

const byId = (id) => document.getElementById(id);

/** Selects what a node holds, for the reader to copy it. */
const select = (node) => {
  const range = document.createRange();
  range.selectNodeContents(node);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
};

/** Copies text; where the browser does not let us, selects the node that shows it. */
const copy = async (text, node) => {
  try {
    await navigator.clipboard.writeText(text);
    return "Copied";
  } catch {
    select(node);
    return "Selected";
  }
};

/** A button that copies what the node shows. */
const copyButton = (what, text, node) => {
  const button = element("button", { type: "button", class: "copy", "aria-label": `Copy ${what}` }, "Copy");
  button.addEventListener("click", async () => {
    const done = await copy(text, node);
    button.textContent = done;
    const note = byId("copied");
    if (note !== null) note.textContent = `${done}: ${what}`;
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  return button;
};

/** A list of terms, each with a node or text. */
const terms = (entries) => element("dl", {}, ...entries.map(([term, ...what]) =>
  element("div", {}, element("dt", {}, term), element("dd", {}, ...what))));

// The controls of the filters: buttons for severities and statuses, menus for what has more values.

const menuTitles = {
  rule: "Rule", family: "Family", kind: "Resource", control: "Control", account: "Account",
};

/** A button that lets a value through, or no longer does. */
const choice = (name, value, words) => {
  const attributes = {
    type: "button", class: `choice ${name} ${value}`, "data-filter": name, "data-value": value,
  };
  const button = element("button", attributes, `${words} `, element("span", {}));
  button.addEventListener("click", () => {
    if (!chosen[name].delete(value)) chosen[name].add(value);
    update();
  });
  return button;
};

const menu = (name, values) => {
  const options = values.map((value) => element("option", { value }, value));
  const select = element("select", { "data-filter": name },
    element("option", { value: "" }, "all"), ...options);
  select.addEventListener("change", () => {
    chosen[name] = new Set(select.value === "" ? [] : [select.value]);
    update();
  });
  return element("label", {}, menuTitles[name], select);
};

const byName = (a, b) => a.localeCompare(b, "en", { numeric: true });

/** Makes the controls where there is something to choose from. */
const makeControls = () => {
  const { counts } = filtered();
  byId("severities").append(...data.severities
    .filter((severity) => counts.severity.has(severity))
    .map((severity) => choice("severity", severity, severity)));
  byId("statuses").append(...data.statuses
    .filter(([status]) => counts.status.has(status))
    .map(([status, words]) => choice("status", status, words)));
  for (const name of Object.keys(menuTitles)) {
    const values = [...counts[name].keys()].filter((value) => value !== "").sort(byName);
    const divides = values.length > 1 || counts[name].get(values[0]) < data.findings.length;
    if (divides) byId("grouping").parentNode.before(menu(name, values));
  }
};

/** Shows in the controls what is chosen, and how much there is of each value. */
const showControls = (counts) => {
  for (const button of document.querySelectorAll("button[data-filter]")) {
    const { filter, value } = button.dataset;
    button.ariaPressed = String(chosen[filter].has(value));
    button.lastChild.textContent = counts[filter].get(value) ?? 0;
  }
  for (const select of document.querySelectorAll("select[data-filter]")) {
    const { filter } = select.dataset;
    const [, ...options] = select.options;
    for (const option of options) {
      const count = counts[filter].get(option.value) ?? 0;
      option.textContent = `${option.value} (${count})`;
      option.hidden = count === 0 && !chosen[filter].has(option.value);
    }
    select.value = [...chosen[filter]].at(-1) ?? "";
  }
};

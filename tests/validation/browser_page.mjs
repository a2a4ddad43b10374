// What `browser.mjs` runs within the page.

/** What is wider than the window or its card, other than what scrolls by itself. */
export const overflow = () => {
  const pixels = document.documentElement.clientWidth;
  const isTooWide = ({ scrollWidth, clientWidth }) => scrollWidth > clientWidth;
  const boxes = [document.documentElement, ...document.querySelectorAll(".card")];
  return boxes.filter(isTooWide).map(({ tagName, className, innerText, scrollWidth, clientWidth }) =>
    `at ${pixels} pixels ${tagName} ${className} is ${scrollWidth} wide, and not ${clientWidth}: ${innerText.slice(0, 40)}`);
};

/** Text whose contrast is less than WCAG 2.2 asks for at level AA (1.4.3), large text not excepted. */
export const inspectColours = () => {
  const LEAST = 4.5;
  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [red, green, blue] = channels(colour).slice(0, 3).map((channel) => {
      const share = channel / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const background = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((channels(colour)[3] ?? 1) > 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const isText = (node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== "";
  const hasText = (element) => [...element.childNodes].some(isText);
  const found = new Map();
  for (const element of [...document.body.querySelectorAll("*")].slice(0, 5000)) {
    if (!hasText(element) || !element.checkVisibility()) continue;
    const [text, below] = [getComputedStyle(element).color, background(element)];
    const [light, dark] = [luminance(text), luminance(below)].sort((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05);
    const pair = `${text} on ${below}`;
    if (contrast < LEAST) found.set(pair, `contrast ${contrast.toFixed(2)}: ${pair}, ${element.className}`);
  }
  return [...found.values()];
};

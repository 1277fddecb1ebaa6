// Elements from values. Text from the server only ever becomes text, never markup.

const svgSpace = "http://www.w3.org/2000/svg";

// el("td", {class: "x", "data-label": "Link"}, "text", child, …); null children are skipped.
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((c) => c !== null && c !== undefined));
  return node;
}

// Makes `now` look like `wanted` and touches only what differs: selections, focus and screen
// readers are left in peace by an update that changes nothing.
export function morph(now, wanted) {
  for (const { name } of [...now.attributes]) {
    if (!wanted.hasAttribute(name)) now.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (now.getAttribute(name) !== value) now.setAttribute(name, value);
  }
  fill(now, [...wanted.childNodes]);
}

// The children of `parent` become `wanted`.
export function fill(parent, wanted) {
  const old = [...parent.childNodes];
  wanted.forEach((node, i) => {
    const have = old[i];
    if (have === undefined) parent.append(node);
    else if (have.nodeName !== node.nodeName) have.replaceWith(node);
    else if (node.nodeType === Node.TEXT_NODE) {
      if (have.data !== node.data) have.data = node.data;
    } else morph(have, node);
  });
  for (const extra of old.slice(wanted.length)) extra.remove();
}

// A shape for each state, so that colour is never alone.
const shapes = {
  fine: ["M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Z", "M7.5 12.5l3 3 6-6.5"],
  warning: ["M12 3 22 20.5H2Z", "M12 9.5v5M12 17.2v.6"],
  severe: ["M8 2h8l6 6v8l-6 6H8l-6-6V8Z", "M8.5 8.5l7 7M15.5 8.5l-7 7"],
  unknown: ["M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Z", "M9.3 9.2a2.8 2.8 0 1 1 3.6 3c-.7.3-.9.8-.9 1.8M12 17v.6"],
};

export function icon(level) {
  const svg = document.createElementNS(svgSpace, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  (Object.hasOwn(shapes, level) ? shapes[level] : shapes.unknown).forEach((d, i) => {
    const path = document.createElementNS(svgSpace, "path");
    path.setAttribute("d", d);
    path.setAttribute("class", i === 0 ? "icon-body" : "icon-sign");
    svg.append(path);
  });
  return svg;
}

// Icon and word in the level's colour.
export function state(level, word) {
  return el("span", { class: "state", "data-level": level }, icon(level), word);
}

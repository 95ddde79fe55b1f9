// Elements, texts, and the lines and heads of arrows.

const LINE = 16; // from one line of a text to the next

const paper = document.createElement("canvas").getContext("2d");

function width(text, size = 12, weight = "") {
  paper.font = `${weight} ${size}px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace`;
  return Math.max(...String(text).split("\n").map((line) => paper.measureText(line).width));
}

function svg(tag, attributes, parent, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  parent?.append(element);
  return element;
}

// A text of several lines, each a <tspan>; `place` is where a walk finds it.
function write(parent, x, y, text, kind, place) {
  const element = svg("text", { class: kind, x, y }, parent);
  if (place) element.dataset.place = place;
  const lines = String(text).split("\n");
  if (lines.length === 1) element.textContent = text;
  else lines.forEach((line, i) => svg("tspan", { x, y: y + i * LINE }, element, line));
  return element;
}

// A smooth line through the points of an arrow.
function curve(points) {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  const parts = [`M${first.x},${first.y}`];
  for (let i = 0; i < rest.length - 1; i++) {
    const { x, y } = rest[i], next = rest[i + 1];
    const end = i === rest.length - 2 ? last : { x: (x + next.x) / 2, y: (y + next.y) / 2 };
    parts.push(`Q${x},${y} ${end.x},${end.y}`);
  }
  if (rest.length === 1) parts.push(`L${last.x},${last.y}`);
  return parts.join(" ");
}

// The head of an arrow whose tip is `end`.
function tip(start, end) {
  const far = Math.hypot(end.x - start.x, end.y - start.y) || 1;
  const dx = (end.x - start.x) / far, dy = (end.y - start.y) / far;
  const back = { x: end.x - 7 * dx, y: end.y - 7 * dy };
  return `M${end.x},${end.y} L${back.x - 3.4 * dy},${back.y + 3.4 * dx} ` +
    `L${back.x + 3.4 * dy},${back.y - 3.4 * dx}Z`;
}

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

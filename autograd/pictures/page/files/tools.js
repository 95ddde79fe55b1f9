// What stands below a graph.

const LEGEND = {
  leaf: "input", parameter: "parameter", data: "constant array", constant: "", interior: "value",
  operation: "operation", output: "output", fold: "closed: click to open",
};

// The legend, and what one can do besides clicking.
function tools(view) {
  const { data, root } = view;
  const roles = new Set(data.boxes.map((box) => box.role));
  if (data.groups.length) roles.add("fold");
  const legend = element("span", { class: "legend" });
  for (const [role, says] of Object.entries(LEGEND)) {
    if (!roles.has(role) || !says) continue;
    const swatch = svg("svg", { class: role, viewBox: "0 0 16 12" });
    const rx = { operation: 5, interior: 3, output: 3 }[role] ?? 0;
    svg("rect", { class: "swatch", x: 1, y: 1, width: 14, height: 10, rx }, swatch);
    const isClosable = role === "fold" && data.groups.length === 0;
    legend.append(element("span", {}, swatch, isClosable ? "many" : says));
  }
  const buttons = element("span", { class: "buttons" });
  if (data.arrows.some((arrow) => arrow.shape)) {
    const box = element("input", { type: "checkbox" });
    box.checked = view.shapes;
    box.addEventListener("change", () => { view.shapes = box.checked; view.draw(); });
    buttons.append(element("label", {}, box, " shapes"));
  }
  if (data.groups.length) {
    for (const [text, opens] of [["Open all", true], ["Close all", false]]) {
      const button = element("button", { type: "button" }, text);
      button.addEventListener("click", () => {
        view.open = new Set(opens ? view.groups.keys() : []);
        view.isUntouched = false;
        view.draw();
      });
      buttons.append(button);
    }
  }
  for (const [text, label, act] of [
    ["\u2212", "Zoom out", () => view.zoomBy(1 / 1.25)],
    ["+", "Zoom in", () => view.zoomBy(1.25)],
    ["Fit", "Fit the graph into the pane", () => view.fit(0)],
  ]) {
    const button = element("button", { type: "button", "aria-label": label, title: label }, text);
    button.addEventListener("click", act);
    buttons.append(button);
  }
  root.append(element("div", { class: "tools" }, legend, buttons));
}

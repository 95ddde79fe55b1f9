// A graph in a pane: laid out by dagre, moved and zoomed by svg-pan-zoom, its groups opened by clicks.

const LEAST = 0.5; // the scale below which texts cannot be read
const MARGIN = 8, HEADER = 22, KEY_GAP = 8;

class View {
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.pane = element("div", { class: "pane" });
    root.append(this.pane);
    this.groups = new Map(data.groups.map((group) => [group.name, group]));
    this.open = new Set(data.groups.filter((group) => group.open).map((group) => group.name));
    this.shapes = data.shapes;
    this.places = new Map();
    this.tip = document.createElement("div");
    this.tip.className = "tip";
    root.append(this.tip);
    this.draw();
    new ResizeObserver(() => this.fitPane()).observe(this.pane);
  }

  // The groups around a thing, the innermost first.
  *around(thing) {
    for (let name = thing.group; name; name = this.groups.get(name).group) yield name;
  }

  // What stands for a box or a group: itself, or the outermost closed group around it.
  standIn(thing) {
    let shown = thing.name;
    for (const name of this.around(thing)) if (!this.open.has(name)) shown = name;
    return shown;
  }

  size(thing, closed) {
    const rows = thing.rows.map(([key, text, , widest]) => [key, String(widest ?? text)]);
    const keys = Math.max(0, ...rows.map(([key]) => width(key)));
    const texts = Math.max(0, ...rows.map(([, text]) => width(text)));
    const title = thing.title ? width(thing.title, 12, "bold") + (closed ? 18 : 0) : 0;
    const lines = rows.reduce((sum, [, text]) => sum + text.split("\n").length, 0) +
      (thing.title ? thing.title.split("\n").length : 0);
    thing.keys = keys && keys + KEY_GAP;
    const small = thing.role === "operation" || thing.role === "constant";
    return {
      width: Math.max(title, rows.length ? thing.keys + texts : 0) + 2 * MARGIN,
      height: lines * LINE + (small ? 6 : 10),
    };
  }

  // From left to right, or from top to bottom where that is too wide and the other is less so.
  layOut() {
    if (this.data.rankdir) return this.layOutAlong(this.data.rankdir);
    const across = this.layOutAlong("LR");
    if (across.graph().width <= this.pane.clientWidth) return across;
    const down = this.layOutAlong("TB");
    return down.graph().width < across.graph().width ? down : across;
  }

  // The boxes and arrows that are seen, as dagre wants them.
  layOutAlong(rankdir) {
    const graph = new dagre.graphlib.Graph({ compound: true, multigraph: true });
    graph.setGraph({
      rankdir, nodesep: 22, ranksep: this.open.size ? 36 : 26, edgesep: 12, marginx: 6, marginy: 6,
    });
    const frames = new Set();
    const add = (thing) => {
      const inside = [...this.around(thing)];
      inside.forEach((name) => frames.add(name));
      if (inside.length) graph.setParent(thing.name, inside[0]);
    };
    for (const name of this.open) {
      const group = this.groups.get(name);
      if (this.standIn(group) === name) graph.setNode(name, { group });
    }
    for (const thing of [...this.data.boxes, ...this.data.groups]) {
      if (this.standIn(thing) !== thing.name || this.open.has(thing.name)) continue;
      const closed = this.groups.has(thing.name);
      graph.setNode(thing.name, { thing, closed, ...this.size(thing, closed) });
      add(thing);
    }
    for (const name of this.open) if (graph.hasNode(name)) add(this.groups.get(name));
    const boxes = new Map(this.data.boxes.map((box) => [box.name, box]));
    const seen = new Map();
    this.data.arrows.forEach((arrow, i) => {
      const tail = this.standIn(boxes.get(arrow.tail)), head = this.standIn(boxes.get(arrow.head));
      if (tail === head) return;
      const whole = tail === arrow.tail && head === arrow.head;
      const key = whole ? `${i}` : `${tail} ${head}`;
      const known = seen.get(key);
      if (known) {
        if (arrow.shape) known.flows.add(arrow.shape);
        return;
      }
      seen.set(key, {
        arrow, tail, head, lines: whole ? arrow.lines : [],
        flows: new Set(arrow.shape ? [arrow.shape] : []),
      });
    });
    for (const [key, edge] of seen) {
      const lines = [...edge.lines];
      if (this.shapes && edge.flows.size) lines.unshift([[...edge.flows].slice(0, 2).join(", ")]);
      const room = lines.map(([text, , widest]) => width(widest ?? text, 11));
      graph.setEdge(edge.tail, edge.head, {
        ...edge, lines, labelpos: "c", width: lines.length ? Math.max(...room) + 8 : 0,
        height: lines.length ? lines.length * 14 + 4 : 0,
      }, key);
    }
    dagre.layout(graph);
    return graph;
  }

  draw(keep) {
    this.panZoom?.destroy();
    this.panZoom = null;
    const graph = this.layOut();
    this.places.clear();
    this.spots = new Map();
    const role = this.groups.size ? "group" : "img"; // what stands in an img is not heard
    const picture = svg("svg", { role, "aria-label": this.root.getAttribute("aria-label") });
    const layer = svg("g", {}, picture);
    const depth = (name) => [...this.around(this.groups.get(name))].length;
    const names = graph.nodes();
    const frames = names.filter((name) => graph.node(name).group);
    frames.sort((a, b) => depth(a) - depth(b));
    for (const name of frames) this.drawFrame(layer, graph.node(name));
    for (const edge of graph.edges()) this.drawArrow(layer, graph.edge(edge));
    for (const name of names) if (graph.node(name).thing) this.drawBox(layer, graph.node(name));
    this.pane.replaceChildren(picture);
    this.picture = picture;
    const box = layer.getBBox();
    this.natural = { width: box.width + 12, height: box.height + 12 };
    this.fitPane();
    if (keep) this.moveTo(keep);
    this.onDraw?.();
  }

  fitPane() {
    const room = this.pane.clientWidth;
    if (!room || (this.panZoom && room === this.room)) return;
    this.room = room;
    const scale = Math.max(Math.min(1, room / this.natural.width), LEAST);
    const tall = parseFloat(getComputedStyle(this.pane).maxHeight) || 600;
    const height = Math.min(tall, Math.max(60, scale * this.natural.height));
    this.pane.style.height = `${height}px`;
    if (!this.panZoom) {
      this.panZoom = svgPanZoom(this.picture, {
        fit: false, center: false, minZoom: 0.02, maxZoom: 20, zoomScaleSensitivity: 0.25,
        mouseWheelZoomEnabled: this.root.contains(document.activeElement),
        dblClickZoomEnabled: false, preventMouseEventsDefault: false,
      });
    }
    this.fit(LEAST);
  }

  // The whole graph, no larger than it is by nature. A graph whose texts could not be read then is
  // shown from its beginning.
  fit(least = 0) {
    this.panZoom.zoom(1).resize().updateBBox(); // resize takes the zoom that it finds for 1
    const { width, height, viewBox } = this.panZoom.getSizes();
    const whole = Math.min(1, width / (viewBox.width + 12), height / (viewBox.height + 12));
    const scale = Math.max(whole, least);
    const begin = (room, size) => size > room ? 6 : (room - size) / 2;
    this.panZoom.zoom(scale).pan({
      x: begin(width, viewBox.width * scale) - viewBox.x * scale,
      y: begin(height, viewBox.height * scale) - viewBox.y * scale,
    });
    this.fitted = this.panZoom.getPan().x + this.panZoom.getZoom();
  }

  get isFitted() {
    return this.fitted === this.panZoom.getPan().x + this.panZoom.getZoom();
  }

  // Where a thing is seen, and how large.
  spot(name) {
    const spot = this.spots.get(name), { x, y } = this.panZoom.getPan();
    const zoom = this.panZoom.getZoom();
    return spot && { name, zoom, x: x + spot.x * zoom, y: y + spot.y * zoom };
  }

  // A thing stays where it was seen, and as large.
  moveTo({ name, zoom, x, y }) {
    this.panZoom.zoom(zoom);
    const now = this.spot(name);
    if (now) this.panZoom.panBy({ x: x - now.x, y: y - now.y });
  }

  toggle(name) {
    const before = this.isFitted ? null : this.spot(name);
    const wasOpen = this.open.delete(name);
    if (!wasOpen) this.open.add(name);
    this.draw(before);
    this.places.get(name)?.focus({ preventScroll: true });
  }

  button(element, name, title, isOpen) {
    for (const [key, value] of Object.entries({
      role: "button", tabindex: 0, "aria-expanded": isOpen,
      "aria-label": `${isOpen ? "Close" : "Open"} ${title}`,
    })) element.setAttribute(key, value);
    let from = null; // a drag is no click
    element.addEventListener("pointerdown", (event) => { from = [event.clientX, event.clientY]; });
    element.addEventListener("click", (event) => {
      if (from && Math.hypot(event.clientX - from[0], event.clientY - from[1]) > 4) return;
      this.toggle(name);
    });
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      this.toggle(name);
    });
  }

  drawFrame(layer, { group, x, y, width: across, height }) {
    const left = x - across / 2, top = y - height / 2 - HEADER + 6;
    this.spots.set(group.name, { x: left, y: top });
    const element = svg("g", { class: "frame" }, layer);
    svg("rect", { x: left, y: top, width: across, height: height + HEADER - 6, rx: 6 }, element);
    const header = svg("g", {}, element);
    svg("rect", {
      x: left, y: top, width: Math.min(across, width(group.title, 12, "bold") + 30), height: 20,
      fill: "transparent", stroke: "none",
    }, header);
    write(header, left + 8, top + 15, "\u2212", "sign");
    write(header, left + 22, top + 15, group.title.split("\n")[0], "title");
    this.button(header, group.name, group.title, true);
    this.hover(header, group);
    this.places.set(group.name, header);
  }

  drawBox(layer, { thing, closed, x, y, width: across, height }) {
    const left = x - across / 2, top = y - height / 2;
    this.spots.set(thing.name, { x: left, y: top });
    const element = svg("g", { class: `box ${closed ? "fold" : thing.role}` }, layer);
    element.dataset.place = thing.name;
    const round = { operation: height / 2, interior: 7, output: 7 }[thing.role] ?? 0;
    if (closed || thing.many) {
      svg("rect", { x: left + 4, y: top + 4, width: across, height, rx: round }, element);
    }
    svg("rect", { x: left, y: top, width: across, height, rx: round }, element);
    const small = thing.role === "operation" || thing.role === "constant";
    let line = top + 12 + (small ? 3 : 5);
    if (thing.title) {
      const middle = small && { "text-anchor": "middle" };
      const at = small ? x : left + MARGIN + (closed ? 18 : 0);
      const title = write(element, at, line, thing.title, "title");
      if (middle) title.style.textAnchor = "middle";
      if (closed) write(element, left + MARGIN, line, "+", "sign");
      line += thing.title.split("\n").length * LINE;
    }
    for (const [key, text, place] of thing.rows) {
      write(element, left + MARGIN, line, key, "key");
      const kind = place ? place.split(".")[1] : "entry";
      const entry = write(element, left + MARGIN + thing.keys, line, text, kind, place);
      if (place) this.places.set(place, entry);
      line += String(text).split("\n").length * LINE;
    }
    if (closed) this.button(element, thing.name, thing.title, false);
    this.hover(element, thing);
    this.places.set(thing.name, element);
  }

  drawArrow(layer, { arrow, lines, points, x, y, height }) {
    const element = svg("g", { class: "arrow" }, layer);
    element.dataset.place = arrow.name;
    svg("path", { class: "line", d: curve(points) }, element);
    svg("path", { class: "head", d: tip(points.at(-2), points.at(-1)) }, element);
    svg("path", { class: "head back", d: tip(points[1], points[0]) }, element);
    lines.forEach(([text, place], i) => {
      const entry = write(element, x, y - height / 2 + 13 + 14 * i, text, "share", place);
      if (place) this.places.set(place, entry);
    });
    this.places.set(arrow.name, element);
  }

  hover(element, thing) {
    if (!thing.more?.length && !thing.full) return;
    const show = () => {
      const title = document.createElement("b");
      title.textContent = thing.full ?? thing.title;
      const rows = (thing.more ?? []).map(([key, text]) => `\n${key}: ${text}`);
      this.tip.replaceChildren(title, ...rows);
      const at = element.getBoundingClientRect(), page = this.root.getBoundingClientRect();
      const left = Math.min(at.left - page.left, page.width - this.tip.offsetWidth - 4);
      this.tip.style.left = `${Math.max(4, left)}px`;
      const below = at.bottom - page.top + 6, above = at.top - page.top - this.tip.offsetHeight - 6;
      this.tip.style.top = `${below + this.tip.offsetHeight < page.height ? below : above}px`;
    };
    const hide = () => this.tip.replaceChildren();
    element.addEventListener("pointerenter", show);
    element.addEventListener("pointerleave", hide);
    const ifByKeyboard = () => element.matches(":focus-visible") && show();
    element.addEventListener("focus", () => requestAnimationFrame(ifByKeyboard)); // once it stands
    element.addEventListener("blur", hide);
  }
}

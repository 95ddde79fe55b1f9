// A graph in a pane: laid out by dagre, its groups opened by clicks. What is larger than the pane is
// scrolled to, as anything in a browser, or dragged.

const LEAST = 0.75; // the scale below which texts are hard to read
const BAR = 12; // how thick a scroll bar is
const MARGIN = 8, HEADER = 22, KEY_GAP = 8;

class View {
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.pane = element("div", { class: "pane" });
    root.append(this.pane);
    this.groups = new Map(data.groups.map((group) => [group.name, group]));
    const outputs = data.boxes.filter((box) => box.role === "output");
    this.gives = new Set(outputs.flatMap((box) => [...this.around(box)])); // groups with outputs
    this.shapes = data.shapes;
    this.places = new Map();
    this.areas = new Map(); // the frames
    this.layouts = new Map();
    this.tip = document.createElement("div");
    this.tip.className = "tip";
    root.append(this.tip);
    letDrag(this);
  }

  begin() {
    this.reset();
    new ResizeObserver(() => {
      if (this.pane.offsetWidth === this.width) return;
      if (this.isUntouched) this.reset();
      else this.draw();
    }).observe(this.pane);
  }

  // As it is before anybody has opened or closed something: of what is open and does not fit into
  // the pane, the innermost is closed first.
  reset() {
    this.open = new Set(this.data.groups.filter((group) => group.open).map((group) => group.name));
    this.isUntouched = true;
    while (this.data.adapts && this.open.size && this.cost(this.layOut()) >= 1) {
      const depths = [...this.open].map((name) => [name, this.depth(name)]);
      const deepest = Math.max(...depths.map(([, depth]) => depth));
      for (const [name, depth] of depths) if (depth === deepest) this.open.delete(name);
    }
    this.draw();
  }

  // The groups around a thing, the innermost first.
  *around(thing) {
    for (let name = thing.group; name; name = this.groups.get(name).group) yield name;
  }

  depth(name) {
    return [...this.around(this.groups.get(name))].length;
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

  // What there is for the graph.
  get room() {
    const rest = this.root.offsetHeight - this.pane.offsetHeight;
    const tall = parseFloat(getComputedStyle(this.root).maxHeight) || 600;
    return { width: this.pane.offsetWidth, height: Math.max(160, tall - rest) };
  }

  // The scale at which all of a graph is seen.
  whole({ width, height }) {
    return Math.min(1, this.room.width / width, this.room.height / height);
  }

  // Less than 1 for a layout that can be read as a whole; else the less, the less one has to scroll.
  cost(graph) {
    const { width, height } = graph.graph();
    const whole = this.whole({ width, height });
    if (whole >= LEAST) return 1 - whole;
    const ways = 2 * (LEAST * width > this.room.width) + (LEAST * height > this.room.height);
    return 1 + ways + (1 - whole);
  }

  // From left to right, or from top to bottom where that fits better.
  layOut() {
    const rankdirs = this.data.rankdir ? [this.data.rankdir] : ["LR", "TB"];
    const layouts = rankdirs.map((rankdir) => {
      const key = [rankdir, this.shapes, ...this.open].join(" ");
      if (!this.layouts.has(key)) this.layouts.set(key, this.layOutAlong(rankdir));
      return this.layouts.get(key);
    });
    return layouts.reduce((best, other) => this.cost(other) < this.cost(best) ? other : best);
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
    this.addHeaders(graph);
    return graph;
  }

  // A frame begins above its title, and above the frames in it.
  addHeaders(graph) {
    const frames = graph.nodes().filter((name) => graph.node(name).group);
    frames.sort((a, b) => this.depth(b) - this.depth(a));
    const tops = new Map();
    for (const name of frames) {
      const frame = graph.node(name), bottom = frame.y + frame.height / 2;
      const top = Math.min(frame.y - frame.height / 2 - HEADER + 6, tops.get(name) ?? Infinity);
      Object.assign(frame, { y: (top + bottom) / 2, height: bottom - top });
      const outer = this.groups.get(name).group;
      tops.set(outer, Math.min(top - HEADER, tops.get(outer) ?? Infinity));
    }
  }

  // zoom: the scale, if it is not to be fitted.
  draw(zoom) {
    this.width = this.pane.offsetWidth;
    const graph = this.layOut();
    this.places.clear();
    this.areas.clear();
    const role = this.groups.size ? "group" : "img"; // what stands in an img is not heard
    const picture = svg("svg", { role, "aria-label": this.root.getAttribute("aria-label") });
    const layer = svg("g", {}, picture);
    const names = graph.nodes();
    const frames = names.filter((name) => graph.node(name).group);
    frames.sort((a, b) => this.depth(a) - this.depth(b));
    for (const name of frames) this.drawFrame(layer, graph.node(name));
    for (const edge of graph.edges()) {
      const arrow = graph.edge(edge);
      const isFramed = frames.some((name) => {
        const { x, y, width, height } = graph.node(name);
        return Math.abs(arrow.x - x) < width / 2 && Math.abs(arrow.y - y) < height / 2;
      });
      this.drawArrow(layer, arrow, isFramed);
    }
    for (const name of frames) this.drawHeader(layer, graph.node(name)); // no arrow through a title
    for (const name of names) if (graph.node(name).thing) this.drawBox(layer, graph.node(name));
    this.pane.replaceChildren(picture);
    this.picture = picture;
    const { x, y, width, height } = layer.getBBox();
    this.natural = { width: width + 12, height: height + 12 };
    const { width: across, height: down } = this.natural;
    picture.setAttribute("viewBox", `${x - 6} ${y - 6} ${across} ${down}`);
    this.fit();
    if (zoom) this.zoomTo(zoom);
    this.onDraw?.();
  }

  // The whole graph, no larger than it is by nature. Of a graph whose texts could not be read then,
  // the beginning is shown.
  fit(least = LEAST) {
    const { width, height } = this.natural, { room } = this;
    const scale = Math.max(this.whole(this.natural), least);
    const bar = scale * width > room.width ? BAR : 0;
    this.pane.style.height = `${Math.min(room.height, scale * height + bar)}px`;
    this.zoomTo(scale);
    this.pane.scrollTo(0, 0);
    const { left, top } = this.pane.getBoundingClientRect();
    const first = this.picture.querySelector(".box").getBoundingClientRect();
    this.pane.scrollTo(
      (first.left + first.right) / 2 - left - this.pane.clientWidth / 2,
      (first.top + first.bottom) / 2 - top - this.pane.clientHeight / 2,
    );
    this.isFitted = true;
  }

  // x, y: the point of the pane that stays where it is.
  zoomTo(zoom, x = this.pane.clientWidth / 2, y = this.pane.clientHeight / 2) {
    const { pane, picture, natural } = this;
    const outer = pane.getBoundingClientRect(), before = picture.getBoundingClientRect();
    this.zoom = zoom;
    this.isFitted = false;
    picture.setAttribute("width", zoom * natural.width);
    picture.setAttribute("height", zoom * natural.height);
    const after = picture.getBoundingClientRect();
    const shift = (at, begin, size) => begin[1] - at + (at - begin[0]) * size[1] / size[0];
    pane.scrollBy(
      shift(outer.left + x, [before.left, after.left], [before.width, after.width]),
      shift(outer.top + y, [before.top, after.top], [before.height, after.height]),
    );
    const scrolls = pane.scrollWidth > pane.clientWidth || pane.scrollHeight > pane.clientHeight;
    pane.classList.toggle("scrolls", scrolls);
    if (scrolls) pane.tabIndex = 0; // so that keys scroll it
    else pane.removeAttribute("tabindex");
  }

  zoomBy(factor, x, y) {
    this.zoomTo(Math.min(8, Math.max(0.05, factor * this.zoom)), x, y);
  }

  // Scrolls as little as it takes to see an element, or the beginning of one that is too large.
  reveal(element) {
    const inner = element.getBoundingClientRect(), outer = this.pane.getBoundingClientRect();
    const way = (begin, end, first, last) =>
      begin < first ? begin - first : Math.max(0, Math.min(end - last, begin - first));
    this.pane.scrollBy(
      way(inner.left - MARGIN, inner.right + MARGIN, outer.left, outer.right - BAR),
      way(inner.top - MARGIN, inner.bottom + MARGIN, outer.top, outer.bottom - BAR),
    );
  }

  // What is opened or closed stays where it was seen, as far as it can.
  toggle(name) {
    const zoom = this.isFitted ? null : this.zoom;
    const before = this.places.get(name).getBoundingClientRect();
    if (!this.open.delete(name)) this.open.add(name);
    this.isUntouched = false;
    this.draw(zoom);
    const place = this.places.get(name), after = place.getBoundingClientRect();
    this.pane.scrollBy(after.left - before.left, after.top - before.top);
    this.reveal(this.areas.get(name) ?? place);
    place.focus({ preventScroll: true });
  }

  button(element, name, title, isOpen) {
    for (const [key, value] of Object.entries({
      role: "button", tabindex: 0, "aria-expanded": isOpen,
      "aria-label": `${isOpen ? "Close" : "Open"} ${title}`,
    })) element.setAttribute(key, value);
    element.addEventListener("click", () => { if (!this.isDragged) this.toggle(name); });
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      this.toggle(name);
    });
  }

  drawFrame(layer, { group, x, y, width: across, height }) {
    const element = svg("g", { class: "frame" }, layer);
    svg("rect", { x: x - across / 2, y: y - height / 2, width: across, height, rx: 6 }, element);
    this.areas.set(group.name, element);
  }

  drawHeader(layer, { group, x, y, width: across, height }) {
    const left = x - across / 2, top = y - height / 2;
    const header = svg("g", { class: "header" }, layer);
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
    const kind = closed && this.gives.has(thing.name) ? "fold output" : closed ? "fold" : thing.role;
    const element = svg("g", { class: `box ${kind}` }, layer);
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
      const part = place ? place.split(".")[1] : "entry";
      const entry = write(element, left + MARGIN + thing.keys, line, text, part, place);
      if (place) this.places.set(place, entry);
      line += String(text).split("\n").length * LINE;
    }
    if (closed) this.button(element, thing.name, thing.title, false);
    this.hover(element, thing);
    this.places.set(thing.name, element);
  }

  drawArrow(layer, { arrow, lines, points, x, y, height }, isFramed) {
    const element = svg("g", { class: isFramed ? "arrow framed" : "arrow" }, layer);
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

// The mouse drags a graph, and zooms it with Ctrl and the wheel; fingers scroll it anyway.
function letDrag(view) {
  const { pane } = view;
  pane.addEventListener("pointerdown", (down) => {
    view.isDragged = false;
    const isOnBar = down.target === pane;
    if (down.pointerType !== "mouse" || down.button || isOnBar) return;
    const left = pane.scrollLeft + down.clientX, top = pane.scrollTop + down.clientY;
    const move = ({ pointerId, clientX, clientY }) => {
      if (Math.hypot(clientX - down.clientX, clientY - down.clientY) > 4) view.isDragged = true;
      if (!view.isDragged) return;
      pane.setPointerCapture(pointerId);
      pane.scrollTo(left - clientX, top - clientY);
    };
    pane.addEventListener("pointermove", move);
    for (const end of ["pointerup", "pointercancel"]) {
      pane.addEventListener(end, () => pane.removeEventListener("pointermove", move));
    }
  });
  pane.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const { left, top } = pane.getBoundingClientRect();
    const by = Math.exp(Math.max(-0.25, Math.min(0.25, -event.deltaY / 100)));
    view.zoomBy(by, event.clientX - left, event.clientY - top);
  }, { passive: false });
}

// A walk through a graph, frame by frame.

function play(view) {
  const { root, data: { frames }, places } = view;
  const button = (text) => element("button", { type: "button" }, text);
  const back = button("Back"), run = button("Play"), next = button("Next");
  const last = frames.length - 1;
  const slider = element("input", { type: "range", min: 0, max: last, "aria-label": "Step" });
  const count = element("output", {});
  const say = element("p", { class: "say", "aria-live": "polite" });
  root.append(say, element("div", { class: "controls" }, back, run, next, slider, count),
    element("p", { class: "tools" }, "Keys: ← and → step, Space plays, Home and End go to the ends."));
  let now = 0;
  let timer = null;

  function show(number) {
    now = Math.min(Math.max(number, 0), last);
    const frame = frames[now];
    const texts = {}, returned = new Set();
    for (const earlier of frames.slice(0, now + 1)) {
      Object.assign(texts, earlier.texts);
      if (earlier.phase === "backward") earlier.lit.forEach((place) => returned.add(place));
    }
    for (const [place, element] of places) {
      if (element.tagName === "text") {
        element.textContent = texts[place] ?? "";
      } else {
        element.classList.toggle("lit", frame.lit.includes(place));
        element.classList.toggle("target", frame.target === place);
        element.classList.toggle("waiting", !(`${place}.value` in texts));
        element.classList.toggle("backward", returned.has(place));
      }
    }
    root.dataset.phase = frame.phase;
    say.textContent = frame.say.replace(/([−+×=]) /g, "$1\u00a0"); // one line a sum
    count.textContent = `${now + 1} of ${last + 1}`;
    slider.value = now;
    back.disabled = now === 0;
    next.disabled = now === last;
    if (now === last) pause();
    const place = places.get(frame.target || frame.lit[0]);
    if (place) view.reveal(place);
  }

  function pause() {
    clearInterval(timer);
    timer = null;
    run.textContent = "Play";
  }

  function toggle() {
    if (timer !== null) return pause();
    if (now === last) show(0);
    timer = setInterval(() => show(now + 1), 1500);
    run.textContent = "Pause";
  }

  function go(number) {
    pause();
    show(number);
  }

  back.addEventListener("click", () => go(now - 1));
  next.addEventListener("click", () => go(now + 1));
  run.addEventListener("click", toggle);
  slider.addEventListener("input", () => go(Number(slider.value)));
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const keys = {
      ArrowRight: () => go(now + 1),
      ArrowDown: () => go(now + 1),
      ArrowLeft: () => go(now - 1),
      ArrowUp: () => go(now - 1),
      Home: () => go(0),
      End: () => go(last),
      " ": toggle,
    };
    const pressed = event.target.tagName === "BUTTON" && event.key === " "; // it clicks by itself
    if (!(event.key in keys) || pressed) return;
    event.preventDefault();
    event.stopPropagation(); // a notebook has other uses for these keys
    keys[event.key]();
  });
  view.onDraw = () => show(now);
}

// What stands around one output of a cell, in JupyterLab, older notebooks, VS Code, Colab and MyST.
const OUTPUT = ".jp-OutputArea-child, .output_area, .output_container, .output_subarea, " +
  ".cell_output > *";

function start(root, data) {
  if (!document.getElementById("wengert-style")) {
    document.head.append(element("style", { id: "wengert-style" }, STYLE));
  }
  const view = new View(root, data);
  if (data.frames) play(view);
  tools(view);
  view.begin();
  // The output before is the picture for where scripts do not run.
  const before = root.parentElement.closest(OUTPUT)?.previousElementSibling;
  if (before?.matches("img, svg, :has(img, svg)")) before.style.display = "none";
}

// Walks the steppers on a page: each begins once, however many there are, and keeps to itself.

for (const root of document.querySelectorAll(".wengert-step:not([data-ready])")) {
  root.dataset.ready = "";
  const frames = JSON.parse(root.querySelector(".frames").textContent);
  const find = (selector) => root.querySelector(selector);
  const places = new Map();
  for (const element of root.querySelectorAll("[data-place]")) {
    places.set(element.dataset.place, element);
  }
  const [back, play, next] = root.querySelectorAll("button");
  const slider = find("input");
  const pane = find(".pane");
  const last = frames.length - 1;
  let now = 0;
  let timer = null;

  function show(number) {
    now = Math.min(Math.max(number, 0), last);
    const frame = frames[now];
    const texts = {};
    for (const earlier of frames.slice(0, now + 1)) Object.assign(texts, earlier.texts);
    for (const [place, element] of places) {
      if (element.tagName === "text") {
        element.textContent = texts[place] ?? "";
      } else {
        element.classList.toggle("lit", frame.lit.includes(place));
        element.classList.toggle("target", frame.target === place);
        element.classList.toggle("waiting", !(`${place}.value` in texts));
      }
    }
    root.dataset.phase = frame.phase;
    find(".say").textContent = frame.say.replace(/([−+×=]) /g, "$1\u00a0"); // one line a sum
    find("output").textContent = `${now + 1} of ${last + 1}`;
    slider.value = now;
    back.disabled = now === 0;
    next.disabled = now === last;
    if (now === last) pause();
    bringIntoView(places.get(frame.target || frame.lit[0]));
  }

  // A large drawing is moved inside its own pane, never the page.
  function bringIntoView(element) {
    if (!element) return;
    const inner = element.getBoundingClientRect();
    const outer = pane.getBoundingClientRect();
    pane.scrollLeft += (inner.left + inner.right - outer.left - outer.right) / 2;
    pane.scrollTop += (inner.top + inner.bottom - outer.top - outer.bottom) / 2;
  }

  function pause() {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
  }

  function toggle() {
    if (timer !== null) return pause();
    if (now === last) show(0);
    timer = setInterval(() => show(now + 1), 1500);
    play.textContent = "Pause";
  }

  function go(number) {
    pause();
    show(number);
  }

  back.addEventListener("click", () => go(now - 1));
  next.addEventListener("click", () => go(now + 1));
  play.addEventListener("click", toggle);
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

  slider.max = last;
  show(0);
}

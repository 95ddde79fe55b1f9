// Unpacks the scripts once a page, and starts each graph on it that has not been started.
const roots = [...document.querySelectorAll(".wengert-page:not([data-ready])")];
for (const root of roots) {
  root.dataset.ready = "";
  const packed = root.querySelector(".scripts");
  const loaded = (window.wengertPages ??= {});
  const unpack = async () => {
    const bytes = Uint8Array.from(atob(packed.textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const source = await new Response(stream).text();
    const script = document.createElement("script");
    const name = `wengertPages["${packed.dataset.version}"].start`;
    // A notebook may have a `define` of its own, to which libraries would go instead.
    script.textContent = `(function (define, module, exports) {${source}\n${name} = start;})();`;
    document.head.append(script);
    script.remove();
  };
  const scripts = (loaded[packed.dataset.version] ??= {});
  scripts.ready ??= unpack();
  scripts.ready.then(() => scripts.start(root));
}

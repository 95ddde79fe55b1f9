// Unpacks the scripts once a page, and starts each graph on it that has not been started.
for (const root of document.querySelectorAll(".wengert-page[data-graph]")) {
  const unpack = async (packed) => {
    const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  };
  const { graph, version, scripts } = root.dataset;
  for (const name of ["graph", "version", "scripts"]) delete root.dataset[name];
  const load = async () => {
    const script = document.createElement("script");
    // A notebook may have a `define` of its own, to which libraries would go instead.
    script.textContent = `(function (define, module, exports) {${await unpack(scripts)}
      wengertPages["${version}"].start = start;})();`;
    document.head.append(script);
    script.remove();
  };
  const loaded = ((window.wengertPages ??= {})[version] ??= {});
  loaded.ready ??= load();
  loaded.ready.then(async () => loaded.start(root, JSON.parse(await unpack(graph))));
}

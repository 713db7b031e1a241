// The still map of a report: the base map under folium's layers, points, a legend and the title. All texts are set as text.
"use strict";

(function (K) {
  K.startReport = (map, config) => {
    const city = K.cityOf(JSON.parse(document.getElementById("kestrel-city").textContent));
    const data = JSON.parse(document.getElementById("kestrel-report").textContent);
    const palette = config.palette;
    const root = document.documentElement;
    for (const name of ["water", "land", "panel", "line", "ink", "soft_ink", "selection"]) {
      root.style.setProperty("--" + name.replace("_", "-"), palette[name]);
    }
    // folium's areas and heat lie in Leaflet's own pane (400): under the names, over the streets
    for (const [name, order] of [["kestrel-base", 200], ["kestrel-names", 420], ["kestrel-points", 450]]) {
      map.createPane(name).style.zIndex = order;
    }
    map.getPane("kestrel-base").style.pointerEvents = "none";
    map.getPane("kestrel-names").style.pointerEvents = "none";
    const base = K.baseLayer(city, palette).addTo(map);
    const names = K.nameLayer(city, palette, config.words).addTo(map);
    document.fonts.load("500 12px Inter").then(() => {
      names.forget();
      names.setPalette(palette);
    });
    addPoints(map, data.points, palette);
    map.attributionControl.setPrefix(false);
    map.attributionControl.addAttribution(config.credit);
    L.control.scale({ imperial: false, maxWidth: 110, position: "bottomleft" }).addTo(map);
    addPanel(map, data);
    if (data.bounds) map.fitBounds(data.bounds, { padding: [24, 24], animate: false });
    window.kestrelReport = { waiting_tiles: () => base.waiting() + names.waiting() };
  };

  function addPoints(map, points, palette) {
    const renderer = L.canvas({ pane: "kestrel-points", tolerance: 4 });
    for (const [lat, lon, label, radius] of points) {
      const mark = L.circleMarker([lat, lon], {
        renderer, radius, weight: 1.5, color: palette.panel, fillColor: palette.ink, fillOpacity: 0.8,
      }).addTo(map);
      if (label) mark.bindTooltip(() => textOf("span", label));
    }
  }

  function textOf(kind, text, className) {
    const element = document.createElement(kind);
    element.textContent = text;
    if (className) element.className = className;
    return element;
  }

  function addPanel(map, data) {
    const control = L.control({ position: "topleft" });
    control.onAdd = () => {
      const panel = textOf("section", "", "kestrel-panel");
      L.DomEvent.disableClickPropagation(panel);
      if (data.banner) panel.append(textOf("p", data.banner, "kestrel-banner"));
      panel.append(textOf("h1", data.title));
      if (data.subtitle) panel.append(textOf("p", data.subtitle));
      const list = textOf("ul", "");
      for (const row of data.legend) {
        const item = textOf("li", "");
        const swatch = textOf("span", "", row.shape === "dot" ? "kestrel-dot" : "kestrel-swatch");
        swatch.style.background = row.colour;
        item.append(swatch, textOf("span", row.text));
        list.append(item);
      }
      if (data.legend.length) panel.append(list);
      return panel;
    };
    control.addTo(map);
  }
})(KestrelMap);

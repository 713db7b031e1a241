// Wires the page together and gives it its one voice: window.kestrel. Python sends batches, and takes events with the answer.
"use strict";

(function (K) {
  const MOST_EVENTS = 200; // nobody drains a page that lost its window: the oldest are dropped
  const CITY = [[40.49, -74.26], [40.92, -73.69]];
  const FIT_PADDING_PX = 48;

  K.startLive = (map, config) => {
    const city = K.cityOf(JSON.parse(document.getElementById("kestrel-city").textContent));
    const events = [];
    const say = (event) => {
      if (event.type === "view" && events.length && events[events.length - 1].type === "view") events.pop();
      if (events.length >= MOST_EVENTS) events.shift();
      events.push(event);
    };
    const taken = () => JSON.stringify(events.splice(0));
    window.addEventListener("error", (event) => say({ type: "fault", text: String(event.message).slice(0, 300) }));

    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    // The address says what must hold before the first tile is drawn: #inset, #night, #inset,night.
    const said = location.hash.slice(1).split(",");
    const isInset = said.includes("inset");
    let theme = said.find((word) => config.palettes[word]) || config.theme;
    let palette = config.palettes[theme];
    let follow = false;
    let smooth = !calm;

    for (const [name, order] of [["kestrel-base", 200], ["kestrel-names", 300], ["kestrel-live", 450]]) {
      map.createPane(name).style.zIndex = order;
      map.getPane(name).style.pointerEvents = "none";
    }
    map.setMaxBounds(L.latLngBounds(CITY).pad(0.25));
    const base = K.baseLayer(city, palette).addTo(map);
    const names = K.nameLayer(city, palette, config.words).addTo(map);
    const live = new K.LiveLayer(palette, config.words);
    live.options.pane = "kestrel-live";
    live.addTo(map);
    live.setSmooth(smooth);
    if (calm) map.options.inertia = false;
    addFrame(map, config, isInset);
    dress(palette, theme);
    document.fonts.load("500 12px Inter").then(() => {
      names.forget();
      names.setPalette(palette);
      live.redraw();
    });

    map.on("click", (event) => {
      const mark = live.markAt(event.containerPoint);
      if (!mark) say({ type: "ground", lat_deg: event.latlng.lat, lon_deg: event.latlng.lng });
      else if (mark.type === "disc") fitTo(mark.drones);
      else say({ type: mark.type, id: mark.id });
    });
    map.on("mousemove", (event) => {
      const mark = live.markAt(event.containerPoint);
      live.setHover(mark && mark.type !== "disc" ? mark.id : null);
      map.getContainer().style.cursor = mark ? "pointer" : "";
    });
    map.on("mouseout", () => live.setHover(null));
    map.on("dragstart", () => {
      if (follow) say({ type: "follow_ended" });
      follow = false;
    });
    map.on("moveend", () => {
      const { lat, lng } = map.getCenter();
      say({ type: "view", lat_deg: lat, lon_deg: lng, zoom: map.getZoom() });
    });

    // Leaflet drops a move that is asked for while it glides to another zoom: keep the last wish until it has arrived.
    let isZooming = false;
    let wish = null;
    map.on("zoomanim", () => (isZooming = true));
    map.on("zoomend", () => {
      isZooming = false;
      setTimeout(() => wish && go(...wish), 0);
    });
    function go(center, zoom, glides) {
      wish = isZooming ? [center, zoom, glides] : null;
      // to another zoom at once, to another place of the same zoom gliding: that much motion helps to stay oriented
      if (!wish) map.setView(center, zoom, { animate: glides && smooth && zoom === map.getZoom() });
    }

    // What was asked for stays in sight when the page gets another size, until a hand moves the map: the page's first size comes late,
    // often in the midst of the first move.
    let asked = null;
    for (const kind of ["pointerdown", "wheel"]) map.getContainer().addEventListener(kind, () => (asked = null), true);
    map.on("resize", () => asked && asked(false));
    function goTo(place) {
      asked = place;
      place(true);
    }
    function goToPlace(center, zoom) {
      goTo((glides) => go(center, zoom, glides));
    }
    function goToBounds(bounds, mostZoom, paddingPx) {
      const zoom = () => Math.min(mostZoom, map.getBoundsZoom(bounds, false, L.point(2 * paddingPx, 2 * paddingPx)));
      goTo((glides) => go(bounds.getCenter(), zoom(), glides));
    }

    function fitTo(places) {
      if (places.length) goToBounds(L.latLngBounds(places.map((place) => [place.lat, place.lon])), 17, FIT_PADDING_PX);
    }

    function chase() {
      const alert = live.alerts.find((one) => one.id === live.selection);
      const drone = live.drones.get(live.selection) || (alert && live.drones.get(alert.drone));
      if (!follow || !drone || isZooming) return;
      const away = map.latLngToContainerPoint([drone.lat, drone.lon]).distanceTo(map.getSize().divideBy(2));
      if (away > 2) map.panTo([drone.lat, drone.lon], { animate: smooth && away < 400, duration: 0.24, easeLinearity: 1 });
    }

    function wear(next) {
      if (!config.palettes[next] || next === theme) return;
      theme = next;
      palette = config.palettes[next];
      dress(palette, theme);
      base.setPalette(palette);
      names.setPalette(palette);
      live.setPalette(palette);
    }

    window.kestrel = {
      apply(change) {
        if (change.reset) live.clear();
        if (change.theme !== undefined) wear(change.theme);
        if (change.smooth !== undefined) {
          smooth = change.smooth && !calm;
          live.setSmooth(smooth);
        }
        for (const [id, lat, lon, heading, state, age, alert] of change.drones || []) live.put(id, lat, lon, heading, state, age, alert);
        for (const id of change.removed || []) live.drones.delete(id);
        if (change.alerts !== undefined) live.setAlerts(change.alerts);
        if (change.selection !== undefined) live.selection = change.selection;
        if (change.track !== undefined) live.setTrack(change.track);
        if (change.follow !== undefined) {
          follow = change.follow;
          asked = null;
        }
        chase();
        live.redraw();
        return taken();
      },
      fit(bounds) {
        if (bounds) goToBounds(L.latLngBounds([[bounds[0], bounds[1]], [bounds[2], bounds[3]]]), map.getMaxZoom(), 0);
        else fitTo([...live.drones.values(), ...live.alerts]);
        return taken();
      },
      pan_to(lat, lon, zoom) {
        goToPlace([lat, lon], zoom === null ? map.getZoom() : Math.min(map.getMaxZoom(), Math.max(map.getMinZoom(), zoom)));
        return taken();
      },
      zoom_by(steps) {
        goToPlace(map.getCenter(), Math.min(map.getMaxZoom(), Math.max(map.getMinZoom(), map.getZoom() + steps)));
        return taken();
      },
      take_events: taken,
      // For tests and the bench: is the picture whole, and what did the last drawing cost.
      stats: () => JSON.stringify({
        drones: live.drones.size, waiting_tiles: base.waiting() + names.waiting(), draw_ms: live._drawMs,
        discs: live._shown.filter((mark) => mark.type === "disc").length,
        marks: live._shown.filter((mark) => mark.type !== "disc").length,
        lost_in_discs: live._shown.reduce((sum, mark) => sum + (mark.type === "disc" ? mark.lost : 0), 0),
        names: live._names, zoom: map.getZoom(), theme, follow,
      }),
    };
  };

  // Scale and credit, always there; zoom buttons where there is a hand to use them.
  function addFrame(map, config, isInset) {
    map.attributionControl.setPrefix(false);
    map.attributionControl.addAttribution(config.credit);
    L.control.scale({ imperial: false, maxWidth: 110, position: "bottomleft" }).addTo(map);
    if (isInset) {
      for (const hand of [map.dragging, map.scrollWheelZoom, map.doubleClickZoom, map.touchZoom, map.boxZoom]) hand.disable();
      return;
    }
    L.control.zoom({ position: "bottomright", zoomInTitle: config.words.zoom_in, zoomOutTitle: config.words.zoom_out }).addTo(map);
  }

  function dress(palette, theme) {
    const root = document.documentElement;
    root.dataset.theme = theme;
    for (const name of ["water", "land", "panel", "line", "ink", "soft_ink", "selection"]) {
      root.style.setProperty("--" + name.replace("_", "-"), palette[name]);
    }
  }
})(KestrelMap);

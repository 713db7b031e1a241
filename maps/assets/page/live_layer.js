// The live layer: all drones, alerts and the track on ONE canvas over the map; no element per drone.
// State comes in through update(), is drawn at most once per frame, and is found again by markAt() for clicks.
"use strict";

(function (K) {
  const GLIDE_MS = 240; // a little under the 250 ms between two batches
  // 20 pictures a second are smooth enough for a few pixels and cost a third of 60; of a large fleet 10, because whoever shows the page
  // has to copy each picture too, and its window must not wait for that.
  const MANY_DRONES = 300;
  const glideFrameMs = (drones) => (drones > MANY_DRONES ? 100 : 50);
  const HIT_PX = 20;
  const CELL_PX = 64;
  const NAMES_FROM_ZOOM = 16;
  const NEAR_PX = 22; // an alert place this near to its drone is shown by the drone's ring
  const LOST_STANDS_FROM_ZOOM = 14; // further out a lost drone in a crowd is told of by the crowd's disc
  const crowdOf = (zoom) => (zoom <= 12 ? 4 : zoom <= 14 ? 5 : zoom === 15 ? 10 : Infinity);

  K.LiveLayer = L.Layer.extend({
    initialize(palette, words) {
      this._palette = palette;
      this._words = words;
      this._smooth = true;
      this._frame = 0;
      this._drawMs = 0;
      this.clear();
    },

    clear() {
      this.drones = new Map();
      this.alerts = [];
      this.track = [];
      this.selection = null;
      this._hover = null;
      this._shown = []; // what the last drawing put where: {type, id, x, y, reach}
      this._names = []; // and where it put names: [x0, y0, x1, y1]
      this._glideUntil = 0;
    },

    onAdd(map) {
      const canvas = (this._canvas = L.DomUtil.create("canvas", "kestrel-live leaflet-zoom-animated", this.getPane()));
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", this._words.map_of_drones);
      this._resize();
      this._ticker = setInterval(() => this._hasAges && this.redraw(), 1000); // ages of stale and lost drones count on
      return this;
    },

    onRemove() {
      clearInterval(this._ticker);
      cancelAnimationFrame(this._frame);
      this._frame = 0;
      this._canvas.remove();
    },

    getEvents() {
      return { move: this._drawNow, zoomend: this._onZoomEnd, moveend: this._drawNow, resize: this._resize, zoomanim: this._onZoom };
    },

    // --- what Python says ---

    put(id, lat, lon, heading, state, ageS, hasAlert) {
      const now = performance.now();
      const x = K.worldX(lon);
      const y = K.worldY(lat);
      const old = this.drones.get(id);
      const from = old ? this._placeOf(old, now) : { x, y };
      const glides = Boolean(old) && this._smooth && (from.x !== x || from.y !== y);
      this.drones.set(id, {
        id, lat, lon, x, y, heading, state, hasAlert,
        bornAt: now - ageS * 1000, fromX: from.x, fromY: from.y, glideAt: glides ? now : -Infinity,
      });
      if (glides) this._glideUntil = now + GLIDE_MS;
    },

    setAlerts(alerts) {
      this.alerts = alerts.map(([id, lat, lon, severity, drone, label]) => ({
        id, lat, lon, severity, drone, label, x: K.worldX(lon), y: K.worldY(lat),
      }));
    },

    setTrack(points) {
      this.track = points.map(([lat, lon]) => ({ x: K.worldX(lon), y: K.worldY(lat) }));
    },

    setSmooth(smooth) {
      this._smooth = smooth;
      if (!smooth) this._glideUntil = 0;
    },

    setPalette(palette) {
      this._palette = palette;
      this.redraw();
    },

    redraw() {
      if (!this._frame && this._map) this._frame = requestAnimationFrame(() => this._drawNow());
    },

    // --- what the officer points at ---

    // The nearest mark within reach of a point of the map's window, or null.
    markAt(point) {
      let best = null;
      let bestPx = Infinity;
      for (const mark of this._shown) {
        const px = Math.hypot(mark.x - point.x, mark.y - point.y) - (mark.type === "disc" ? mark.reach : 0);
        if (px < Math.min(bestPx, mark.type === "disc" ? 4 : HIT_PX)) {
          best = mark;
          bestPx = px;
        }
      }
      return best;
    },

    setHover(id) {
      if (this._hover === id) return;
      this._hover = id;
      this.redraw();
    },

    // --- drawing ---

    _placeOf(drone, now) {
      const share = this._smooth ? Math.min(1, (now - drone.glideAt) / GLIDE_MS) : 1;
      return { x: drone.fromX + (drone.x - drone.fromX) * share, y: drone.fromY + (drone.y - drone.fromY) * share };
    },

    _resize() {
      const size = this._map.getSize();
      const density = window.devicePixelRatio || 1;
      this._canvas.width = Math.ceil(size.x * density);
      this._canvas.height = Math.ceil(size.y * density);
      this._canvas.style.width = size.x + "px";
      this._canvas.style.height = size.y + "px";
      this._drawNow();
    },

    _onZoom(event) { // the old picture grows with the map until the new one is drawn at zoomend
      this._isZooming = true;
      const scale = this._map.getZoomScale(event.zoom);
      const corner = this._map._latLngBoundsToNewLayerBounds(this._drawnBounds, event.zoom, event.center).min;
      L.DomUtil.setTransform(this._canvas, corner, scale);
    },

    _onZoomEnd() {
      this._isZooming = false;
      this._drawNow();
    },

    _drawNow() {
      cancelAnimationFrame(this._frame);
      this._frame = 0;
      const map = this._map;
      if (!map || this._isZooming) return; // _onZoom has the canvas until zoomend
      const startedAt = performance.now();
      const density = window.devicePixelRatio || 1;
      L.DomUtil.setPosition(this._canvas, map.containerPointToLayerPoint([0, 0]));
      this._drawnBounds = map.getBounds();
      const context = this._canvas.getContext("2d");
      context.setTransform(density, 0, 0, density, 0, 0);
      const size = map.getSize();
      context.clearRect(0, 0, size.x, size.y);
      this._drawAll(context, size, map, startedAt);
      this._drawMs = performance.now() - startedAt;
      if (startedAt < this._glideUntil) {
        clearTimeout(this._glideTimer);
        this._glideTimer = setTimeout(() => this.redraw(), glideFrameMs(this.drones.size));
      }
    },

    _drawAll(context, size, map, now) {
      const zoom = map.getZoom();
      const scale = 256 * 2 ** zoom;
      const corner = map.getPixelBounds().min;
      const onScreen = (place) => ({ x: place.x * scale - corner.x, y: place.y * scale - corner.y });
      const palette = this._palette;
      K.drawTrack(context, this.track.map(onScreen), palette);

      const visible = [];
      for (const drone of this.drones.values()) {
        const spot = onScreen(this._placeOf(drone, now));
        if (spot.x > -30 && spot.y > -30 && spot.x < size.x + 30 && spot.y < size.y + 30) visible.push({ drone, ...spot });
      }
      const { alone, discs } = this._gathered(visible, zoom, corner);
      const covered = this._covered(map);
      const taken = new K.Taken(6);
      for (const cell of covered.cells) taken.cells.add(cell);
      const labels = [];
      this._shown = [];
      this._hasAges = false;
      for (const disc of discs) this._drawDisc(context, disc, taken, palette);
      const rank = (mark) => (this._isSelected(mark.drone) ? 3 : mark.drone.hasAlert ? 2 : mark.drone.state === "live" ? 0 : 1);
      alone.sort((a, b) => rank(a) - rank(b));
      const places = this._alertPlaces(onScreen, alone);
      for (const mark of alone) {
        if (rank(mark) < 2) this._drawDrone(context, mark, zoom, now, taken, labels, palette);
      }
      for (const place of places) this._drawPlace(context, place, size, taken, labels, palette);
      for (const mark of alone) {
        if (rank(mark) >= 2) this._drawDrone(context, mark, zoom, now, taken, labels, palette);
      }
      this._names = K.drawLabels(context, labels, taken, covered, size, palette);
    },

    // Where scale, credit and zoom buttons lie over the map: no name is put below them.
    _covered(map) {
      const covered = new K.Taken(6);
      const container = map.getContainer();
      const origin = container.getBoundingClientRect();
      for (const control of container.querySelectorAll(".leaflet-control")) {
        const box = control.getBoundingClientRect();
        covered.takeBox(box.left - origin.left, box.top - origin.top, box.right - origin.left, box.bottom - origin.top);
      }
      return covered;
    },

    _isSelected(drone) {
      if (drone.id === this.selection) return true;
      const alert = this.alerts.find((one) => one.id === this.selection);
      return Boolean(alert && alert.drone === drone.id && this._isBeside(alert, drone));
    },

    _isBeside(alert, drone) {
      const scale = 256 * 2 ** this._map.getZoom();
      return Math.hypot(alert.x - drone.x, alert.y - drone.y) * scale < NEAR_PX;
    },

    // Drones that stand too close far out become one disc with their number and their worst state; alerts and the selection never do,
    // and lost ones only where the whole map would be crosses.
    _gathered(visible, zoom, corner) {
      const crowd = crowdOf(zoom);
      const cells = new Map();
      const alone = [];
      for (const mark of visible) {
        const standsLost = mark.drone.state === "lost" && zoom >= LOST_STANDS_FROM_ZOOM;
        const stays = mark.drone.hasAlert || standsLost || mark.drone.id === this._hover || this._isSelected(mark.drone);
        if (crowd === Infinity || stays) {
          alone.push(mark);
          continue;
        }
        // cells are fixed to the world, so that discs do not change while the map is dragged
        const key = Math.floor((mark.x + corner.x) / CELL_PX) + "/" + Math.floor((mark.y + corner.y) / CELL_PX);
        if (cells.has(key)) cells.get(key).push(mark);
        else cells.set(key, [mark]);
      }
      const discs = [];
      for (const [key, members] of cells) {
        if (members.length < crowd) {
          alone.push(...members);
          continue;
        }
        const [column, row] = key.split("/").map(Number);
        const mean = (pick) => members.reduce((sum, mark) => sum + pick(mark), 0) / members.length;
        // half-way between the drones and the cell's middle: two discs do not touch
        discs.push({
          members,
          x: (mean((mark) => mark.x) + (column + 0.5) * CELL_PX - corner.x) / 2,
          y: (mean((mark) => mark.y) + (row + 0.5) * CELL_PX - corner.y) / 2,
        });
      }
      return { alone, discs };
    },

    _drawDisc(context, disc, taken, palette) {
      const count = disc.members.length;
      const reach = K.discRadius(count);
      const lost = disc.members.filter((mark) => mark.drone.state === "lost").length;
      K.drawDisc(context, disc.x, disc.y, count, disc.members.some((mark) => mark.drone.state !== "live"), lost, palette);
      taken.takeBox(disc.x - reach, disc.y - reach, disc.x + reach, disc.y + reach);
      this._shown.push({ type: "disc", drones: disc.members.map((mark) => mark.drone), lost, x: disc.x, y: disc.y, reach });
    },

    _alertPlaces(onScreen, alone) {
      const beside = new Map(alone.map((mark) => [mark.drone.id, mark.drone]));
      return this.alerts
        .filter((alert) => {
          const drone = beside.get(alert.drone);
          return !(drone && drone.hasAlert && this._isBeside(alert, drone));
        })
        .map((alert) => ({ alert, ...onScreen(alert) }));
    },

    _drawPlace(context, { alert, x, y }, size, taken, labels, palette) {
      if (x < -30 || y < -30 || x > size.x + 30 || y > size.y + 30) return;
      const selected = alert.id === this.selection;
      if (selected) K.drawSelectionRing(context, x, y, palette);
      K.drawAlertPlace(context, x, y, alert.severity, palette);
      const reach = selected ? K.SELECTION_PX : 13;
      taken.takeBox(x - reach, y - reach, x + reach, y + reach);
      this._shown.push({ type: "alert", id: alert.id, x, y, reach });
      if (alert.label && (selected || this._hover === alert.id)) {
        labels.push({ text: alert.label, x, y, reach, rank: 0, isStrong: true, isNeeded: true });
      }
    },

    _drawDrone(context, { drone, x, y }, zoom, now, taken, labels, palette) {
      const selected = this._isSelected(drone);
      const hovered = this._hover === drone.id;
      const alert = drone.hasAlert ? this.alerts.find((one) => one.drone === drone.id) : null;
      if (selected) K.drawSelectionRing(context, x, y, palette);
      if (drone.hasAlert) K.drawAlertRing(context, x, y, alert ? alert.severity : "must_decide", palette);
      if (drone.state === "lost") K.drawLost(context, x, y, palette);
      else if (drone.state === "stale") K.drawStale(context, x, y, drone.heading, palette);
      else K.drawLive(context, x, y, drone.heading, palette);
      const reach = selected ? K.SELECTION_PX : drone.hasAlert ? K.RING_PX : 8;
      taken.takeBox(x - reach, y - reach, x + reach, y + reach);
      this._shown.push({ type: "drone", id: drone.id, x, y, reach });
      const isOld = drone.state !== "live";
      if (isOld) this._hasAges = true;
      if (!(selected || hovered || isOld || zoom >= NAMES_FROM_ZOOM || (drone.hasAlert && zoom >= 15))) return;
      const age = isOld ? K.ageWords((now - drone.bornAt) / 1000) : "";
      const text = [drone.id, drone.state === "lost" ? this._words.lost : "", age].filter(Boolean).join(" ");
      const rank = selected ? 0 : hovered ? 1 : drone.hasAlert ? 2 : drone.state === "lost" ? 3 : isOld ? 4 : 5;
      labels.push({
        text, x, y, rank, reach: reach + (drone.hasAlert && !selected ? 4 : 0),
        isStrong: selected || hovered, isNeeded: selected || hovered || (drone.state === "lost" && zoom >= 14), isSoft: isOld && !selected,
      });
    },
  });
})(KestrelMap);

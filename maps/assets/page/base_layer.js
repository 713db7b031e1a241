// The base map: land, parks, streets and precinct borders, drawn as tiles on canvas from the shipped city data.
// Tiles wait in a queue and are drawn a few milliseconds per frame, nearest to the middle first: panning stays fluid
// without a graphics card. A change of palette redraws the tiles that are there; nothing is loaded.
"use strict";

(function (K) {
  const TILE_PX = 256;
  const OVERLAP_PX = 1; // each tile repeats one pixel of its neighbour, or a hairline shows between them at odd screen scales
  const BUDGET_MS = 8;
  const LINK = 4;
  // Width in CSS pixels by zoom, from 10 on; primary, secondary, tertiary, residential, link. 0 = not shown.
  const WIDTH = [
    [0.9, 1.3, 2.0, 3.0, 5.0, 7.5, 11, 17, 27],
    [0.0, 0.8, 1.4, 2.4, 4.0, 6.0, 9.5, 15, 24],
    [0.0, 0.0, 0.9, 1.6, 3.0, 5.0, 8.0, 13, 21],
    [0.0, 0.0, 0.5, 1.0, 2.2, 4.0, 6.5, 11, 18],
    [0.0, 0.0, 0.0, 0.8, 2.0, 3.6, 6.0, 10, 16],
  ];
  const THIN_PX = 2.2; // below this a casing would be all there is to see: one line in the far colour instead
  K.streetWidth = (kind, zoom) => (zoom < 10 ? 0 : WIDTH[kind][Math.min(zoom - 10, 8)]);

  function trace(context, xy, from, to, scale, left, top) {
    let px = xy[from] * scale - left;
    let py = xy[from + 1] * scale - top;
    context.moveTo(px, py);
    for (let i = from + 2; i < to; i += 2) {
      const x = xy[i] * scale - left;
      const y = xy[i + 1] * scale - top;
      if (i < to - 2 && Math.abs(x - px) + Math.abs(y - py) < 0.7) continue;
      context.lineTo(x, y);
      px = x;
      py = y;
    }
  }

  function fillAreas(context, areas, box, scale, left, top, fill, stroke) {
    context.beginPath();
    for (const area of areas) {
      if (!K.touches(area, box)) continue;
      for (const ring of area.rings) {
        trace(context, ring, 0, ring.length, scale, left, top);
        context.closePath();
      }
    }
    context.fillStyle = fill;
    context.fill("evenodd");
    if (stroke) {
      context.strokeStyle = stroke;
      context.lineWidth = 1;
      context.stroke();
    }
  }

  function strokeStreets(context, byKind, zoom, palette, scale, left, top) {
    const stroke = (kind, colour, width) => {
      context.beginPath();
      for (const piece of byKind[kind]) trace(context, piece.xy, piece.from, piece.to, scale, left, top);
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.stroke();
    };
    context.lineCap = "round";
    context.lineJoin = "round";
    const order = [4, 3, 2, 1, 0].filter((kind) => byKind[kind].length);
    for (const kind of order) {
      const width = K.streetWidth(kind, zoom);
      const isMain = kind < 3;
      if (width < THIN_PX) stroke(kind, isMain ? palette.far_main : palette.far_side, width);
      else stroke(kind, isMain ? palette.main_casing : palette.side_casing, width + 2 * palette.casing_px);
    }
    for (const kind of order) {
      const width = K.streetWidth(kind, zoom);
      if (width >= THIN_PX) stroke(kind, kind < 3 ? palette.main_street : palette.side_street, width);
    }
  }

  function strokeBorders(context, borders, box, zoom, palette, scale, left, top) {
    context.beginPath();
    for (const border of borders) {
      if (!K.touches(border, box)) continue;
      const xy = border.xy; // every point, and from the first one: the dots must meet those of the next tile
      context.moveTo(xy[0] * scale - left, xy[1] * scale - top);
      for (let i = 2; i < xy.length; i += 2) context.lineTo(xy[i] * scale - left, xy[i + 1] * scale - top);
    }
    context.strokeStyle = palette.precinct_border;
    context.lineWidth = zoom < 13 ? 1 : 1.5;
    context.lineCap = "butt";
    context.setLineDash(zoom < 13 ? [1, 3] : [2, 3]);
    context.stroke();
    context.setLineDash([]);
  }

  // Draw one square of the world: `left`, `top` in pixels of that zoom's world, `size` in CSS pixels.
  K.drawBase = (context, city, palette, zoom, left, top, size) => {
    const scale = TILE_PX * 2 ** zoom;
    const margin = 20;
    const box = {
      x0: (left - margin) / scale, y0: (top - margin) / scale,
      x1: (left + size + margin) / scale, y1: (top + size + margin) / scale,
    };
    context.fillStyle = palette.water;
    context.fillRect(0, 0, size, size);
    fillAreas(context, city.land, box, scale, left, top, palette.land, palette.coast);
    fillAreas(context, city.parks, box, scale, left, top, palette.park, null);
    const byKind = WIDTH.map(() => []);
    for (const piece of city.pieces.in(box)) {
      if (K.streetWidth(piece.kind, zoom) > 0) byKind[piece.kind].push(piece);
    }
    strokeStreets(context, byKind, zoom, palette, scale, left, top);
    if (zoom >= 11) strokeBorders(context, city.borders, box, zoom, palette, scale, left, top);
  };

  // A GridLayer whose tiles are canvases, drawn by `paint(context, coords, palette)` when the frame has time.
  K.CanvasTiles = L.GridLayer.extend({
    options: { tileSize: TILE_PX, keepBuffer: 2, updateWhenIdle: false, updateWhenZooming: false, minZoom: 0, maxZoom: 22 },

    initialize(paint, palette, options) {
      L.setOptions(this, options);
      this._paint = paint;
      this._palette = palette;
      this._waiting = [];
      this._frame = 0;
    },

    onRemove(map) {
      cancelAnimationFrame(this._frame);
      this._waiting = [];
      this._frame = 0;
      L.GridLayer.prototype.onRemove.call(this, map);
    },

    createTile(coords, done) {
      const canvas = document.createElement("canvas");
      this._waiting.push({ canvas, coords, done });
      this._schedule();
      return canvas;
    },

    setPalette(palette) {
      this._palette = palette;
      for (const tile of Object.values(this._tiles || {})) {
        if (tile.loaded) this._waiting.push({ canvas: tile.el, coords: tile.coords, done: null });
      }
      this._drain(Infinity); // all at once: half a map in day and half in night would be worse than one slow frame
    },

    waiting() {
      return this._waiting.length;
    },

    _schedule() {
      if (!this._frame) this._frame = requestAnimationFrame(() => this._drain(BUDGET_MS));
    },

    _drain(budgetMs) {
      this._frame = 0;
      const map = this._map;
      if (!map) return;
      const zoom = this._tileZoom;
      const size = this.getTileSize().x;
      const middle = map.project(map.getCenter(), zoom).divideBy(size);
      const away = (job) => Math.abs(job.coords.x + 0.5 - middle.x) + Math.abs(job.coords.y + 0.5 - middle.y);
      this._waiting = this._waiting.filter((job) => job.coords.z === zoom || !job.done);
      this._waiting.sort((a, b) => away(b) - away(a));
      const until = performance.now() + budgetMs;
      while (this._waiting.length && performance.now() < until) this._draw(this._waiting.pop(), size);
      if (this._waiting.length) this._schedule();
    },

    _draw(job, size) {
      const density = window.devicePixelRatio || 1;
      const full = size + OVERLAP_PX;
      job.canvas.width = job.canvas.height = Math.ceil(full * density);
      job.canvas.style.width = job.canvas.style.height = full + "px";
      const context = job.canvas.getContext("2d");
      context.scale(density, density);
      this._paint(context, job.coords, this._palette, full);
      if (job.done) job.done(null, job.canvas);
    },
  });

  K.baseLayer = (city, palette) =>
    new K.CanvasTiles(
      (context, coords, colours, full) =>
        K.drawBase(context, city, colours, coords.z, coords.x * TILE_PX, coords.y * TILE_PX, full),
      palette,
      { pane: "kestrel-base" },
    );
})(KestrelMap);

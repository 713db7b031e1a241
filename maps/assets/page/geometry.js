// Plain geometry of the page: the world as a square of 1 x 1 (Web Mercator), packed lines, and a grid that finds them.
// Knows nothing of Leaflet, of colours or of drones.
"use strict";
var KestrelMap = {};

(function (K) {
  const UNIT = 1e-5; // packed coordinates are whole numbers of 1e-5 degree, see maps/city_pack.py
  const CELL = 1 / 32768; // 0.9 km in New York

  K.worldX = (lon) => (lon + 180) / 360;
  K.worldY = (lat) => {
    const sine = Math.sin((lat * Math.PI) / 180);
    return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
  };
  K.latLonOf = (x, y) => [(Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI, x * 360 - 180];

  // [lon, lat, dlon, dlat, ...] -> Float64Array [x, y, x, y, ...]
  K.decoded = (flat) => {
    const xy = new Float64Array(flat.length);
    let lon = 0;
    let lat = 0;
    for (let i = 0; i < flat.length; i += 2) {
      lon += flat[i];
      lat += flat[i + 1];
      xy[i] = K.worldX(lon * UNIT);
      xy[i + 1] = K.worldY(lat * UNIT);
    }
    return xy;
  };

  K.boxOf = (xy, from = 0, to = xy.length) => {
    const box = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
    for (let i = from; i < to; i += 2) {
      box.x0 = Math.min(box.x0, xy[i]);
      box.x1 = Math.max(box.x1, xy[i]);
      box.y0 = Math.min(box.y0, xy[i + 1]);
      box.y1 = Math.max(box.y1, xy[i + 1]);
    }
    return box;
  };

  K.touches = (a, b) => a.x0 <= b.x1 && a.x1 >= b.x0 && a.y0 <= b.y1 && a.y1 >= b.y0;

  // Things with a box, found by box. Each thing is answered once.
  K.Grid = class {
    constructor() {
      this.cells = new Map();
      this.stamp = 0;
    }
    add(thing) {
      for (let cx = Math.floor(thing.x0 / CELL); cx <= Math.floor(thing.x1 / CELL); cx++) {
        for (let cy = Math.floor(thing.y0 / CELL); cy <= Math.floor(thing.y1 / CELL); cy++) {
          const key = cx * 65536 + cy;
          const cell = this.cells.get(key);
          if (cell) cell.push(thing);
          else this.cells.set(key, [thing]);
        }
      }
    }
    in(box) {
      const found = [];
      const stamp = ++this.stamp;
      for (let cx = Math.floor(box.x0 / CELL); cx <= Math.floor(box.x1 / CELL); cx++) {
        for (let cy = Math.floor(box.y0 / CELL); cy <= Math.floor(box.y1 / CELL); cy++) {
          for (const thing of this.cells.get(cx * 65536 + cy) || []) {
            if (thing.stamp !== stamp && K.touches(thing, box)) {
              thing.stamp = stamp;
              found.push(thing);
            }
          }
        }
      }
      return found;
    }
  };

  // Which spots of a drawing are taken: small squares, so that rotated names and boxes share one book.
  K.Taken = class {
    constructor(cellPx) {
      this.cellPx = cellPx;
      this.cells = new Set();
    }
    key(x, y) {
      return Math.floor(x / this.cellPx) * 100003 + Math.floor(y / this.cellPx);
    }
    // A box, x0 <= x1 and y0 <= y1, in pixels.
    boxIsFree(x0, y0, x1, y1) {
      for (let x = x0; x < x1 + this.cellPx; x += this.cellPx) {
        for (let y = y0; y < y1 + this.cellPx; y += this.cellPx) {
          if (this.cells.has(this.key(Math.min(x, x1), Math.min(y, y1)))) return false;
        }
      }
      return true;
    }
    takeBox(x0, y0, x1, y1) {
      for (let x = x0; x < x1 + this.cellPx; x += this.cellPx) {
        for (let y = y0; y < y1 + this.cellPx; y += this.cellPx) {
          this.cells.add(this.key(Math.min(x, x1), Math.min(y, y1)));
        }
      }
    }
    // A thick line from (ax, ay) to (bx, by), `half` pixels to each side.
    spotsOfLine(ax, ay, bx, by, half) {
      const length = Math.hypot(bx - ax, by - ay) || 1;
      const ux = (bx - ax) / length;
      const uy = (by - ay) / length;
      const keys = [];
      for (let along = 0; along <= length + this.cellPx; along += this.cellPx) {
        for (let across = -half; across <= half; across += this.cellPx) {
          const s = Math.min(along, length);
          keys.push(this.key(ax + ux * s - uy * across, ay + uy * s + ux * across));
        }
      }
      return keys;
    }
  };

  // The packed city, ready to draw.
  K.cityOf = (packed) => {
    const city = { lines: new K.Grid(), pieces: new K.Grid(), land: [], parks: [], borders: [], places: [], precincts: [] };
    for (const [name, kind, flat] of packed.lines) {
      const xy = K.decoded(flat);
      city.lines.add({ name: packed.names[name], kind, xy, ...K.boxOf(xy) });
      for (let from = 0; from < xy.length - 2; from += 30) { // 16 points a piece: a long street costs a tile only what it shows
        const to = Math.min(xy.length, from + 32);
        city.pieces.add({ kind, xy, from, to, ...K.boxOf(xy, from, to) });
      }
    }
    const areaOf = (rings) => ({ rings: rings.map(K.decoded), ...K.boxOf(K.decoded(rings[0])) });
    for (const [, polygons] of packed.land) city.land.push(...polygons.map(areaOf));
    for (const [name, polygons] of packed.parks) {
      const parts = polygons.map(areaOf);
      city.parks.push(...parts);
      const largest = parts[0];
      city.places.push({ name, kind: "park", x: (largest.x0 + largest.x1) / 2, y: (largest.y0 + largest.y1) / 2, box: largest });
    }
    for (const flat of packed.borders) {
      const xy = K.decoded(flat);
      city.borders.push({ xy, ...K.boxOf(xy) });
    }
    const spot = (lon, lat) => ({ x: K.worldX(lon * UNIT), y: K.worldY(lat * UNIT) });
    for (const [name, lon, lat] of packed.places) city.places.push({ name, kind: "place", ...spot(lon, lat) });
    for (const [name, lon, lat] of packed.waters) city.places.push({ name, kind: "water", ...spot(lon, lat) });
    const sums = packed.boroughs.map(() => ({ x: 0, y: 0, n: 0 }));
    for (const [number, borough, [lon, lat]] of packed.precincts) {
      const at = spot(lon, lat);
      city.places.push({ name: String(number), kind: "precinct", ...at });
      const sum = sums[borough];
      sum.x += at.x;
      sum.y += at.y;
      sum.n += 1;
    }
    sums.forEach((sum, i) => {
      if (sum.n) city.places.push({ name: packed.boroughs[i], kind: "borough", x: sum.x / sum.n, y: sum.y / sum.n });
    });
    return city;
  };
})(KestrelMap);

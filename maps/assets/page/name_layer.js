// Names on the base map: streets along their line, parks, precinct numbers, neighbourhoods, boroughs.
// Placed once per square of 1024 px of the world, in the order of importance, never over each other and never over the
// square's edge; so a name neither jumps nor is cut while the map is dragged.
"use strict";

(function (K) {
  const SQUARE_PX = 1024;
  const EDGE_PX = 5;
  const SAME_NAME_PX = 420;
  const MOST_BEND_PX = 2.5; // how far a street may leave the straight line under its name
  const FONT = "Inter, system-ui, sans-serif";
  const NUDGES = [[0, 0], [0, -1], [0, 1], [-1, 0], [1, 0]]; // where else a place's name may stand, in halves of its own size
  const FIRST_ZOOM = [13, 14, 15, 16, 99]; // of a street's name, by class

  function styleOf(kind, zoom) {
    if (kind === "borough") return { font: `600 14px ${FONT}`, colour: "place_name", size: 14 };
    if (kind === "place") return { font: `450 ${zoom > 12 ? 12 : 11}px ${FONT}`, colour: "place_name", size: 12 };
    if (kind === "water") return { font: `italic 450 ${zoom > 12 ? 12 : 11}px ${FONT}`, colour: "place_name", size: 12, spacing: "0.6px", on: "water" };
    if (kind === "precinct") return { font: `400 11px ${FONT}`, colour: "place_name", size: 11, spacing: "0.6px" };
    if (kind === "park") return { font: `500 11px ${FONT}`, colour: "place_name", size: 11 };
    const size = zoom >= 17 ? 12 : 11;
    return { font: `${kind < 2 ? 500 : 450} ${size}px ${FONT}`, colour: "street_name", size };
  }

  function isShown(kind, zoom) {
    if (kind === "borough") return zoom <= 11;
    if (kind === "place") return zoom >= 12 && zoom <= 13;
    if (kind === "park") return zoom >= 14;
    if (kind === "water") return zoom >= 12 && zoom <= 16;
    return zoom >= 14 && zoom <= 16; // precinct
  }

  function placesFor(context, places, zoom, scale, left, top, words, taken, placed) {
    for (const place of places) {
      if (!isShown(place.kind, zoom)) continue;
      const style = styleOf(place.kind, zoom);
      context.font = style.font;
      context.letterSpacing = style.spacing || "0px";
      const text = place.kind === "precinct" ? words.precinct + " " + place.name : place.name;
      const lines = place.kind === "place" || place.kind === "park" ? wrapped(text) : [text];
      const half = Math.max(...lines.map((line) => context.measureText(line).width)) / 2 + 3;
      const tall = (lines.length * (style.size + 2)) / 2 + 2;
      if (place.box && (place.box.x1 - place.box.x0) * scale < 2 * half) continue; // the park is smaller than its name
      if (!isOwn(place, scale, left, top)) continue;
      const within = (at, reach) => Math.min(SQUARE_PX - EDGE_PX - reach, Math.max(EDGE_PX + reach, at));
      const spot = NUDGES
        .map(([dx, dy]) => [within(place.x * scale - left + dx * half, half), within(place.y * scale - top + dy * tall, tall)])
        .find(([x, y]) => taken.boxIsFree(x - half, y - tall, x + half, y + tall));
      if (!spot) continue;
      const [x, y] = spot;
      taken.takeBox(x - half, y - tall, x + half, y + tall);
      placed.push({ style, lines, x, y, angle: 0 });
    }
  }

  // A name belongs to the square its place lies in, also where it was moved in from the edge.
  function isOwn(place, scale, left, top) {
    const x = place.x * scale - left;
    const y = place.y * scale - top;
    return x >= 0 && y >= 0 && x < SQUARE_PX && y < SQUARE_PX;
  }

  function wrapped(text) {
    const lines = [];
    for (const part of text.split(/(?<=-)|(?=\s\()/)) {
      if (lines.length && (lines[lines.length - 1] + part).length <= 18) lines[lines.length - 1] += part;
      else lines.push(part.trimStart());
    }
    return lines;
  }

  // The straight stretches of a line that can carry `width` pixels: {x, y, angle}, about one every `step` pixels.
  function stretches(xy, scale, left, top, width, step) {
    const found = [];
    const points = [];
    let length = 0;
    for (let i = 0; i < xy.length; i += 2) {
      const x = xy[i] * scale - left;
      const y = xy[i + 1] * scale - top;
      if (points.length) length += Math.hypot(x - points[points.length - 1].x, y - points[points.length - 1].y);
      points.push({ x, y, s: length });
    }
    if (length < width) return found;
    const at = (s, from) => {
      let i = from;
      while (i < points.length - 2 && points[i + 1].s < s) i++;
      const a = points[i];
      const b = points[i + 1];
      const share = b.s > a.s ? (s - a.s) / (b.s - a.s) : 0;
      return { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share, i };
    };
    let from = 0;
    for (let s = ((length - width) % step) / 2; s + width <= length; s += step) {
      const a = at(s, from);
      from = a.i;
      const b = at(s + width, a.i);
      if (Math.max(a.x, b.x) < 0 || Math.min(a.x, b.x) > SQUARE_PX || Math.max(a.y, b.y) < 0 || Math.min(a.y, b.y) > SQUARE_PX) continue;
      const chord = Math.hypot(b.x - a.x, b.y - a.y);
      if (chord < width * 0.97) continue;
      let bend = 0;
      for (let i = a.i + 1; i <= b.i; i++) {
        const p = points[i];
        bend = Math.max(bend, Math.abs((b.x - a.x) * (a.y - p.y) - (a.x - p.x) * (b.y - a.y)) / chord);
      }
      if (bend <= MOST_BEND_PX) found.push({ a, b });
    }
    return found;
  }

  function streetsFor(context, city, zoom, scale, left, top, taken, placed) {
    const box = { x0: left / scale, y0: top / scale, x1: (left + SQUARE_PX) / scale, y1: (top + SQUARE_PX) / scale };
    const lines = city.lines.in(box).filter((line) => zoom >= FIRST_ZOOM[line.kind]);
    const extent = (line) => line.x1 - line.x0 + line.y1 - line.y0;
    lines.sort((one, other) => one.kind - other.kind || extent(other) - extent(one));
    const where = new Map();
    for (const line of lines) {
      const style = styleOf(line.kind, zoom);
      context.font = style.font;
      context.letterSpacing = "0px";
      const width = context.measureText(line.name).width + 8;
      const half = style.size / 2 + 1;
      const others = where.get(line.name) || [];
      for (const { a, b } of stretches(line.xy, scale, left, top, width, Math.max(60, width / 2))) {
        const x = (a.x + b.x) / 2;
        const y = (a.y + b.y) / 2;
        const reachX = Math.abs(b.x - a.x) / 2 + half;
        const reachY = Math.abs(b.y - a.y) / 2 + half;
        if (x - reachX < EDGE_PX || x + reachX > SQUARE_PX - EDGE_PX) continue;
        if (y - reachY < EDGE_PX || y + reachY > SQUARE_PX - EDGE_PX) continue;
        if (others.some((other) => Math.hypot(other.x - x, other.y - y) < SAME_NAME_PX)) continue;
        const spots = taken.spotsOfLine(a.x, a.y, b.x, b.y, half);
        if (spots.some((spot) => taken.cells.has(spot))) continue;
        spots.forEach((spot) => taken.cells.add(spot));
        const [p, q] = a.x <= b.x ? [a, b] : [b, a]; // read from left to right
        placed.push({ style, lines: [line.name], x, y, angle: Math.atan2(q.y - p.y, q.x - p.x), on: K.streetWidth(line.kind, zoom) });
        others.push({ x, y });
      }
      where.set(line.name, others);
    }
  }

  function draw(context, placed, palette) {
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    for (const name of placed) {
      context.save();
      context.translate(name.x, name.y);
      context.rotate(name.angle);
      context.font = name.style.font;
      context.letterSpacing = name.style.spacing || "0px";
      context.lineWidth = 3;
      context.strokeStyle = palette[name.style.on || (name.on >= 9 ? "main_street" : "land")]; // the halo: its ground's colour
      context.fillStyle = palette[name.style.colour];
      name.lines.forEach((line, i) => {
        const y = (i - (name.lines.length - 1) / 2) * (name.style.size + 2) + 0.5;
        context.strokeText(line, 0, y);
        context.fillText(line, 0, y);
      });
      context.restore();
    }
  }

  K.nameLayer = (city, palette, words) => {
    const known = new Map(); // placement does not depend on the palette: kept for the last squares
    const paint = (context, coords, colours) => {
      const key = coords.z + "/" + coords.x + "/" + coords.y;
      let placed = known.get(key);
      if (!placed) {
        placed = [];
        const taken = new K.Taken(4);
        const scale = 256 * 2 ** coords.z;
        const left = coords.x * SQUARE_PX;
        const top = coords.y * SQUARE_PX;
        placesFor(context, city.places, coords.z, scale, left, top, words, taken, placed);
        streetsFor(context, city, coords.z, scale, left, top, taken, placed);
        if (known.size > 60) known.clear();
        known.set(key, placed);
      }
      draw(context, placed, colours);
    };
    return Object.assign(new K.CanvasTiles(paint, palette, { pane: "kestrel-names", tileSize: SQUARE_PX, keepBuffer: 1 }), {
      forget: () => known.clear(), // after the font came in: widths differ
    });
  };
})(KestrelMap);

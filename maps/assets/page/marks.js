// The marks of the live map, each drawn around (x, y) on a canvas. Shape and word carry everything that colour does.
"use strict";

(function (K) {
  const TURN = Math.PI / 180;
  K.RING_PX = 15;
  K.SELECTION_PX = 21;

  const ARROW = new Path2D("M0,-9 L6.6,7.4 L0,3.8 L-6.6,7.4 Z");
  const TRIANGLE = new Path2D("M0,-7 L7.2,6 L-7.2,6 Z");
  const DIAMOND = new Path2D("M0,-7.5 L7.5,0 L0,7.5 L-7.5,0 Z");

  function at(context, x, y, draw) {
    context.translate(x, y);
    draw();
    context.translate(-x, -y);
  }

  K.drawLive = (context, x, y, headingDeg, palette) => {
    context.translate(x, y);
    context.rotate(headingDeg * TURN);
    context.lineWidth = 2.5;
    context.strokeStyle = palette.land; // keeps the arrow apart from a street of its own colour
    context.stroke(ARROW);
    context.fillStyle = palette.drone;
    context.fill(ARROW);
    context.rotate(-headingDeg * TURN);
    context.translate(-x, -y);
  };

  K.drawStale = (context, x, y, headingDeg, palette) => {
    context.translate(x, y);
    context.rotate(headingDeg * TURN);
    context.fillStyle = palette.land;
    context.lineWidth = 4;
    context.strokeStyle = palette.land;
    context.stroke(ARROW);
    context.fill(ARROW);
    context.lineWidth = 1.6;
    context.strokeStyle = palette.drone;
    context.setLineDash([2.6, 1.8]);
    context.stroke(ARROW);
    context.setLineDash([]);
    context.rotate(-headingDeg * TURN);
    context.translate(-x, -y);
  };

  K.drawLost = (context, x, y, palette) => {
    for (const [width, colour] of [[5, palette.land], [palette.mark_px + 0.2, palette.soft_ink]]) {
      context.beginPath();
      context.moveTo(x - 6, y - 6);
      context.lineTo(x + 6, y + 6);
      context.moveTo(x + 6, y - 6);
      context.lineTo(x - 6, y + 6);
      context.lineWidth = width;
      context.lineCap = "round";
      context.strokeStyle = colour;
      context.stroke();
    }
  };

  function circle(context, x, y, radius, width, colour) {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke();
  }

  K.drawSign = (context, x, y, severity, palette) =>
    at(context, x, y, () => {
      const shape = severity === "attention" ? DIAMOND : TRIANGLE;
      context.lineJoin = "round";
      context.lineWidth = 4;
      context.strokeStyle = palette.land;
      context.stroke(shape);
      context.fillStyle = severity === "attention" ? palette.attention : palette.must_decide;
      context.fill(shape);
    });

  // Around a drone: a ring, and the sign at its upper right edge.
  K.drawAlertRing = (context, x, y, severity, palette) => {
    const colour = severity === "attention" ? palette.attention : palette.must_decide;
    circle(context, x, y, K.RING_PX, palette.mark_px + 3, palette.land);
    circle(context, x, y, K.RING_PX, palette.mark_px + 0.6, colour);
    K.drawSign(context, x + 11.5, y - 12.5, severity, palette);
  };

  // A place that wants a decision where no drone is any more: the sign alone, in a small ring.
  K.drawAlertPlace = (context, x, y, severity, palette) => {
    const colour = severity === "attention" ? palette.attention : palette.must_decide;
    context.beginPath();
    context.arc(x, y, 12.5, 0, 2 * Math.PI);
    context.fillStyle = palette.panel;
    context.fill();
    circle(context, x, y, 12.5, palette.mark_px, colour);
    K.drawSign(context, x, y - 0.5, severity, palette);
  };

  K.drawSelectionRing = (context, x, y, palette) => {
    circle(context, x, y, K.SELECTION_PX, palette.mark_px + 3, palette.land);
    circle(context, x, y, K.SELECTION_PX, palette.mark_px + 0.8, palette.selection);
  };

  K.discRadius = (count) => 11 + 2.2 * Math.log2(count);

  // A crowd: its number; dashed while one of them is stale or lost; a cross with their number at its edge where some are lost.
  K.drawDisc = (context, x, y, count, hasDoubt, lost, palette) => {
    const radius = K.discRadius(count);
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = palette.panel;
    context.fill();
    if (hasDoubt) context.setLineDash([3, 2.4]); // some of them are stale or lost
    circle(context, x, y, radius, palette.mark_px - 0.4, palette.drone);
    context.setLineDash([]);
    context.font = "600 12px Inter, system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = palette.ink;
    context.fillText(String(count), x, y + 0.5);
    if (lost) drawLostBadge(context, x + radius * 0.74, y - radius * 0.74, lost, palette);
  };

  function drawLostBadge(context, x, y, lost, palette) {
    const words = String(lost);
    context.font = "600 11px Inter, system-ui, sans-serif";
    const width = context.measureText(words).width + 20;
    context.beginPath();
    context.roundRect(x - 8, y - 8, width, 16, 8);
    context.fillStyle = palette.panel;
    context.fill();
    context.lineWidth = palette.mark_px - 0.6;
    context.strokeStyle = palette.soft_ink;
    context.stroke();
    context.beginPath();
    for (const way of [1, -1]) {
      context.moveTo(x - 3.2, y - 3.2 * way);
      context.lineTo(x + 3.2, y + 3.2 * way);
    }
    context.lineCap = "round";
    context.lineWidth = palette.mark_px;
    context.stroke();
    context.textAlign = "left";
    context.fillStyle = palette.ink;
    context.fillText(words, x + 6, y + 0.5);
    context.textAlign = "center";
  }

  K.drawTrack = (context, points, palette) => {
    if (points.length < 2) return;
    context.beginPath();
    context.moveTo(points[0].x, points[0].y);
    for (const point of points.slice(1)) context.lineTo(point.x, point.y);
    context.lineJoin = "round";
    context.lineCap = "round";
    for (const [width, colour] of [[5, palette.land], [2, palette.selection]]) {
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.stroke();
    }
  };

  // An age as people read it: "9 s", "2:14", "1:02:14".
  K.ageWords = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds));
    if (whole < 60) return whole + " s";
    const two = (n) => String(n).padStart(2, "0");
    const minutes = Math.floor(whole / 60);
    if (minutes < 60) return minutes + ":" + two(whole % 60);
    return Math.floor(minutes / 60) + ":" + two(minutes % 60) + ":" + two(whole % 60);
  };

  // Names beside marks, the important first; one that finds no free side is left out. `covered`: what lies over the map, which is taken, too.
  // Returns the boxes of the names that were put: [x0, y0, x1, y1].
  K.drawLabels = (context, labels, taken, covered, size, palette) => {
    const put = [];
    labels.sort((a, b) => a.rank - b.rank);
    context.textBaseline = "middle";
    context.textAlign = "left";
    context.lineJoin = "round";
    for (const label of labels) {
      context.font = label.isStrong ? "600 13px Inter, system-ui, sans-serif" : "500 12px Inter, system-ui, sans-serif";
      const width = context.measureText(label.text).width;
      const gap = label.reach + 5;
      const sides = [
        [label.x + gap, label.y],
        [label.x - gap - width, label.y],
        [label.x - width / 2, label.y + gap + 6],
        [label.x - width / 2, label.y - gap - 6],
        [label.x + gap * 0.7, label.y + gap * 0.7 + 4],
        [label.x + gap * 0.7, label.y - gap * 0.7 - 4],
        [label.x - gap * 0.7 - width, label.y + gap * 0.7 + 4],
        [label.x - gap * 0.7 - width, label.y - gap * 0.7 - 4],
      ];
      const free = (where) => ([x, y]) =>
        x >= 2 && x + width <= size.x - 2 && y >= 8 && y <= size.y - 8 && where.boxIsFree(x, y - 7, x + width, y + 7);
      let side = sides.find(free(taken));
      if (!side && label.isNeeded) side = sides.find(free(covered)) || sides[0]; // selected, under the pointer, or lost and near: named even in a crowd
      if (!side) continue;
      const [x, y] = side;
      taken.takeBox(x, y - 7, x + width, y + 7);
      put.push([x, y - 7, x + width, y + 7]);
      context.lineWidth = 3.5;
      context.strokeStyle = palette.land;
      context.strokeText(label.text, x, y + 0.5);
      context.fillStyle = label.isSoft ? palette.soft_ink : palette.ink;
      context.fillText(label.text, x, y + 0.5);
    }
    return put;
  };
})(KestrelMap);

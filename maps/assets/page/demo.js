// Invented drones that fly along real streets, for looking at the page in a browser without a ground station.
"use strict";

(function (K) {
  const TICK_MS = 250;
  const SPEED = 11 / 111320; // degrees of latitude a second: 11 m/s

  K.startDemo = (routes) => {
    const drones = routes.map((points, i) => ({
      id: "nyc-" + String(i + 1).padStart(2, "0"), points, at: i % Math.max(1, points.length - 1), done: (i % 10) / 10, way: 1,
      state: i % 23 === 10 ? "lost" : i % 13 === 6 ? "stale" : "live", alert: i % 16 === 5,
    }));
    const selected = drones.find((drone) => drone.alert) || drones[0];
    const track = [];
    const rowOf = (drone) => {
      const [a, b] = [drone.points[drone.at], drone.points[drone.at + 1]];
      const lat = a[0] + (b[0] - a[0]) * drone.done;
      const lon = a[1] + (b[1] - a[1]) * drone.done;
      const heading = (Math.atan2((b[1] - a[1]) * 0.758 * drone.way, (b[0] - a[0]) * drone.way) * 180) / Math.PI;
      return [drone.id, lat, lon, heading, drone.state, drone.state === "lost" ? 134 : drone.state === "stale" ? 9 : 0, drone.alert];
    };
    const move = (drone) => {
      const [a, b] = [drone.points[drone.at], drone.points[drone.at + 1]];
      const length = Math.hypot(b[0] - a[0], (b[1] - a[1]) * 0.758) || 1e-9;
      drone.done += (drone.way * SPEED * (TICK_MS / 1000)) / length;
      if (drone.done >= 0 && drone.done <= 1) return;
      const next = drone.at + drone.way;
      if (next < 0 || next >= drone.points.length - 1) drone.way = -drone.way; // the end of the street: back again
      else drone.at = next;
      drone.done = drone.way > 0 ? 0 : 1;
    };
    const rows = drones.map(rowOf);
    const places = drones.filter((drone) => drone.alert).map((drone) => {
      const [, lat, lon] = rowOf(drone);
      return ["alert-" + drone.id, lat, lon, "must_decide", drone.id, "Alert of " + drone.id];
    });
    window.kestrel.apply({ drones: rows, alerts: places, selection: selected.id });
    setInterval(() => {
      const flying = drones.filter((drone) => drone.state === "live");
      flying.forEach(move);
      const [, lat, lon] = rowOf(selected);
      track.push([lat, lon]);
      if (track.length > 240) track.shift();
      const clicks = JSON.parse(window.kestrel.apply({ drones: flying.map(rowOf), track }));
      for (const event of clicks) {
        if (event.type === "drone" || event.type === "alert") window.kestrel.apply({ selection: event.id, track: [] });
        if (event.type === "ground") window.kestrel.apply({ selection: null, track: [] });
      }
    }, TICK_MS);
  };
})(KestrelMap);

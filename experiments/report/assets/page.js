// Draws each chart of the page with uPlot: medians as points and lines, their
// intervals as whiskers. Drag or use two fingers to zoom; the button zooms out.
"use strict";
(function () {
  const digits = v => { const a = Math.abs(v); return a === 0 || a >= 99.95 ? v.toFixed(0) : a >= 9.995 ? v.toFixed(1) : a >= 0.995 ? v.toFixed(2) : v.toFixed(3); };
  const short = v => {
    if (v == null) return "–";
    const a = Math.abs(v);
    for (const [size, name, from] of [[1e9, "G", 1e9], [1e6, "M", 1e6], [1e3, "k", 1e4]]) if (a >= from) return digits(v / size) + name;
    return digits(v);
  };

  // whiskers draws the intervals, and bars where the chart has bars.
  const whiskers = chart => ({ hooks: { draw: [u => {
    const c = u.ctx, r = devicePixelRatio;
    c.save();
    c.beginPath(); c.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height); c.clip();
    chart.series.forEach((s, i) => {
      if (!u.series[i + 1].show) return;
      c.strokeStyle = c.fillStyle = s.color; c.lineWidth = 1.2 * r;
      s.low.forEach((low, j) => {
        if (low == null) return;
        let x = u.valToPos(u.data[0][j], "x", true);
        const top = u.valToPos(s.high[j], "y", true), bottom = u.valToPos(low, "y", true);
        if (chart.bars) {
          const slot = Math.abs(u.valToPos(1, "x", true) - u.valToPos(0, "x", true)) * 0.8, w = slot / chart.series.length;
          x += (i - (chart.series.length - 1) / 2) * w;
          const y = u.valToPos(s.median[j], "y", true), base = u.bbox.top + u.bbox.height;
          c.globalAlpha = 0.75; c.fillRect(x - w * 0.45, y, Math.max(1, w * 0.9), base - y); c.globalAlpha = 1;
          c.strokeStyle = "#222";
        }
        c.beginPath(); c.moveTo(x, top); c.lineTo(x, bottom);
        c.moveTo(x - 3 * r, top); c.lineTo(x + 3 * r, top); c.moveTo(x - 3 * r, bottom); c.lineTo(x + 3 * r, bottom); c.stroke();
      });
    });
    c.restore();
  }] } });

  // pinch zooms with two fingers, and leaves one finger to the page.
  const pinch = () => ({ hooks: { ready: [u => {
    let from = null;
    const span = t => { const b = u.over.getBoundingClientRect(), a = t[0].clientX - b.left, z = t[1].clientX - b.left; return { mid: (a + z) / 2, gap: Math.max(20, Math.abs(a - z)) }; };
    u.over.addEventListener("touchstart", e => { if (e.touches.length === 2) { from = span(e.touches); from.min = u.scales.x.min; from.max = u.scales.x.max; from.at = u.posToVal(from.mid, "x"); e.preventDefault(); } }, { passive: false });
    u.over.addEventListener("touchmove", e => {
      if (!from || e.touches.length !== 2) return;
      e.preventDefault();
      const now = span(e.touches), k = from.gap / now.gap;
      u.setScale("x", { min: from.at - (from.at - from.min) * k, max: from.at + (from.max - from.at) * k });
    }, { passive: false });
    u.over.addEventListener("touchend", () => { from = null; });
  }] } });

  const draw = host => {
    const chart = JSON.parse(host.querySelector("script").textContent), box = host.querySelector(".plot");
    const nominal = !chart.numeric || chart.bars;
    const xs = chart.values.map((v, i) => nominal ? i : Number(v));
    const label = v => { const i = xs.indexOf(v); return i >= 0 && nominal ? chart.values[i] : nominal ? "" : i >= 0 && Math.abs(v) < 1e4 ? chart.values[i] : short(v); };
    const buttons = [];
    const width = () => Math.max(240, box.clientWidth);
    const u = new uPlot({
      width: width(), height: Math.max(260, Math.min(420, Math.round(width() * 0.55))),
      legend: { show: false }, padding: [12, 14, 0, 0],
      cursor: { drag: { x: true, y: false, setScale: true }, focus: { prox: 24 } },
      focus: { alpha: 0.25 },
      scales: {
        x: { time: false, distr: chart.logX && !nominal ? 3 : 1, range: nominal ? () => [-0.6, xs.length - 0.4] : undefined },
        y: chart.logY ? { distr: 3 } : { range: (u, lo, hi) => [Math.min(0, lo), hi * 1.06 || 1] },
      },
      axes: [
        { label: chart.xLabel, labelSize: 22, size: 38, splits: nominal || xs.length <= 9 ? () => xs : undefined, values: (u, all) => all.map(v => v == null ? "" : label(v)), grid: { stroke: "#eef1f4" } },
        { label: width() < 480 ? null : chart.yLabel, labelSize: 22, size: 58, values: (u, all) => all.map(v => v == null ? "" : short(v)), grid: { stroke: "#eef1f4" } },
      ],
      series: [{}].concat(chart.series.map(s => ({ label: s.name, stroke: s.color, width: chart.bars ? 0 : 2, dash: s.dash, spanGaps: true, points: { show: !chart.bars, size: 7, fill: s.color } }))),
      plugins: [whiskers(chart), pinch()],
      hooks: { setScale: [(u, key) => { if (key === "x") host.dataset.shown = u.scales.x.min + " " + u.scales.x.max; }], setCursor: [u => { buttons.forEach((b, i) => { const j = u.cursor.idx; b.querySelector("b").textContent = j == null ? "" : short(chart.series[i].median[j]); }); }] },
    }, [xs].concat(chart.series.map(s => s.median)), box);
    const legend = host.querySelector(".legend");
    chart.series.forEach((s, i) => {
      const b = document.createElement("button"), ink = document.createElement("i");
      ink.style.color = s.color; if (s.dash) ink.style.borderTopStyle = "dashed";
      b.append(ink, s.name, document.createElement("b")); b.setAttribute("aria-pressed", "true");
      b.onclick = () => { const on = !u.series[i + 1].show; u.setSeries(i + 1, { show: on }); b.setAttribute("aria-pressed", on); };
      legend.append(b); buttons.push(b);
    });
    host.querySelector(".reset").onclick = () => u.setData(u.data, true);
    new ResizeObserver(() => { if (Math.abs(u.width - width()) > 4) u.setSize({ width: width(), height: Math.max(260, Math.min(420, Math.round(width() * 0.55))) }); }).observe(box);
    host.dataset.drawn = "yes";
  };
  document.querySelectorAll(".chart[data-chart]").forEach(host => {
    try { draw(host); } catch (e) { host.querySelector(".plot").textContent = "This chart could not be drawn: " + e.message; }
  });
  document.documentElement.dataset.ready = "yes";
})();

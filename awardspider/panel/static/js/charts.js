// Draws the charts of a page from the JSON in them; panel/charts.py describes it. Colors are those of the style sheet.
"use strict";

(() => {
  const SERIES_COLORS = 6;
  const SYMBOLS = ["circle", "rect", "triangle", "diamond", "emptyCircle", "emptyRect"];
  const DASHES = ["solid", "dashed", "dotted", "solid", "dashed", "dotted"];
  const DAY = 24 * 3600 * 1000;
  const PHONE = 560;
  const SYMBOL_SIZE = 6;
  const charts = new Map();

  const locale = document.documentElement.lang || "en";
  const number = new Intl.NumberFormat(locale);
  const compact = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
  const monthOfYear = new Intl.DateTimeFormat(locale, { month: "short", year: "numeric", timeZone: "UTC" });
  const monthName = new Intl.DateTimeFormat(locale, { month: "short", timeZone: "UTC" });
  const dayOfMonth = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric", timeZone: "UTC" });
  const fullDay = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
  const fullTime = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });

  // A custom property contains light-dark(…), which only a real property resolves.
  function colorsOf(element) {
    const probe = document.createElement("span");
    probe.hidden = true;
    element.append(probe);
    const color = (name) => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color;
    };
    const colors = {
      text: color("text"), soft: color("text-soft"), line: color("line"), strong: color("line-strong"),
      surface: color("raised"), period: color("chart-period"),
      series: Array.from({ length: SERIES_COLORS }, (_, index) => color(`chart-${index + 1}`)),
    };
    probe.remove();
    return colors;
  }

  const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text);
  const isMonth = (text) => /^\d{4}-\d\d$/.test(text);
  const categoryName = (text) => isMonth(text) ? monthOfYear.format(Date.parse(`${text}-01`)) : isDay(text) ? dayOfMonth.format(Date.parse(text)) : text;

  // The year is below the first month and each January.
  function categoryLabel(text, index) {
    if (!isMonth(text)) return categoryName(text);
    const month = monthName.format(Date.parse(`${text}-01`));
    return index === 0 || text.endsWith("-01") ? `${month}\n${text.slice(0, 4)}` : month;
  }

  function dateName(value, onlyDays) {
    return onlyDays ? fullDay.format(value) : `${fullTime.format(value)} UTC`;
  }

  // The values of a line; a gap begins where the value is unknown. The symbols of later series are drawn over those of
  // earlier ones, so a point that later series have too gets a larger symbol.
  function lineValues(series, index) {
    const later = series.slice(index + 1).map((each) => new Set(each.points.map(([at, value]) => `${at} ${value}`)));
    return series[index].points.map(([at, value]) => {
      const covers = later.filter((points) => points.has(`${at} ${value}`)).length;
      return { value: [Date.parse(at), value], ...(covers ? { symbolSize: SYMBOL_SIZE + 5 * covers } : {}) };
    });
  }

  function axisLabel(colors) {
    return { color: colors.soft, fontFamily: "Inter, system-ui, sans-serif", fontSize: 12, lineHeight: 16, hideOverlap: true };
  }

  // A label extends to the left of a period in the right half of the chart, and to the right of others.
  function periodLabel(first, last, data) {
    const times = data.series.flatMap((each) => each.points.map(([at]) => Date.parse(at)));
    const middle = (Math.min(...times) + Math.max(...times)) / 2;
    return (Date.parse(first) + Date.parse(last)) / 2 > middle ? { position: "insideTopRight" } : { position: "insideTopLeft" };
  }

  // Bounds of the values, with the reference lines, rounded to a step of about a fifth.
  function boundsOf(data) {
    const values = [
      ...data.series.flatMap((each) => each.points.map(([, value]) => value)),
      ...data.lines.map(([value]) => value), ...data.bands.flatMap(([low, high]) => [low, high]),
    ].filter((value) => value !== null);
    if (!values.length) return {};
    const low = Math.min(...values), high = Math.max(...values);
    const range = high - low || high * 0.2 || 1;
    const power = 10 ** Math.floor(Math.log10(range / 4));
    const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((each) => each * 4 >= range);
    return { min: Math.max(0, Math.floor((low - range * 0.1) / step) * step), max: Math.ceil((high + range * 0.06) / step) * step, interval: step };
  }

  function explanations(data, colors, isPhone) {
    const label = { color: colors.soft, fontSize: 11, fontFamily: "Inter, system-ui, sans-serif" };
    const found = {};
    if (data.lines.length) {
      found.markLine = {
        silent: true, symbol: "none", animation: false,
        data: data.lines.map(([value, name], index) => ({
          yAxis: value,
          label: { ...label, formatter: `${name}: ${number.format(value)}`, position: isPhone ? "insideStartTop" : "insideEndTop" },
          lineStyle: { color: colors.soft, type: index % 2 ? "dotted" : "dashed", width: 1 },
        })),
      };
    }
    const areas = [
      ...data.bands.map(([low, high, name]) => [
        { yAxis: low, name, itemStyle: { color: colors.soft, opacity: 0.1 }, label: { show: false } }, { yAxis: high },
      ]),
      ...data.periods.map(([first, last, name]) => [
        { xAxis: Date.parse(first), name, itemStyle: { color: colors.period, opacity: 0.25 }, label: { ...label, show: !isPhone, ...periodLabel(first, last, data), width: 160, overflow: "truncate" } },
        { xAxis: Date.parse(last) + (isDay(last) ? DAY : 0) },
      ]),
    ];
    if (areas.length) found.markArea = { silent: true, animation: false, data: areas };
    if (data.marks.length) {
      found.markPoint = {
        silent: true, animation: false, symbol: "circle", symbolSize: 10,
        itemStyle: { color: colors.surface, borderColor: colors.text, borderWidth: 2 },
        data: data.marks.map(([at, value, name]) => ({
          coord: [data.kind === "bars" ? at : Date.parse(at), value],
          label: { ...label, color: colors.text, formatter: name, position: "bottom", distance: 8 },
        })),
      };
    }
    return found;
  }

  function lineSeries(data, colors, isPhone) {
    return data.series.map((each, index) => ({
      type: "line",
      name: each.name,
      data: lineValues(data.series, index),
      step: data.kind === "steps" ? "end" : false,
      connectNulls: false,
      symbol: SYMBOLS[index % SYMBOLS.length],
      symbolSize: SYMBOL_SIZE,
      showSymbol: each.points.length <= 60,
      color: colors.series[index % SERIES_COLORS],
      lineStyle: { width: 2, type: DASHES[index % DASHES.length] },
      ...(index === 0 ? explanations(data, colors, isPhone) : {}),
    }));
  }

  function barSeries(data, colors, isPhone) {
    return data.series.map((each, index) => {
      const color = colors.series[index % SERIES_COLORS];
      const values = new Map(each.points.map(([at, value, soft]) => [at, { value, soft }]));
      return {
        type: "bar",
        name: each.name,
        color,
        barMaxWidth: 40,
        barGap: "10%",
        data: data.categories.map((category) => {
          const point = values.get(category);
          if (!point || point.value === null) return { value: null };
          const soft = { color: "transparent", borderColor: color, borderWidth: 1, borderType: "dashed" };
          return { value: point.value, soft: point.soft, itemStyle: point.soft ? soft : { color, borderRadius: [3, 3, 0, 0] } };
        }),
        label: { show: data.series.length === 1 && !isPhone, position: "top", color: colors.soft, fontSize: 11, formatter: ({ value }) => value == null ? "" : compact.format(value) },
        ...(index === 0 ? explanations(data, colors, isPhone) : {}),
      };
    });
  }

  function tooltipText(data, onlyDays, params) {
    const entries = params.filter((each) => each.componentType === "series");
    if (!entries.length) return "";
    const isBars = data.kind === "bars";
    const heading = isBars ? categoryName(entries[0].name) : dateName(entries[0].value[0], onlyDays);
    const rows = entries.map((each) => {
      const value = isBars ? each.value : each.value[1];
      const note = each.data.soft && data.soft_name ? ` (${data.soft_name})` : "";
      return value == null ? null : `${each.marker}${each.seriesName}: ${number.format(value)}${note}`;
    });
    return [heading, ...rows.filter(Boolean)].join("\n");
  }

  function optionsOf(data, element) {
    const colors = colorsOf(element);
    const isPhone = element.clientWidth < PHONE;
    const isBars = data.kind === "bars";
    const onlyDays = data.series.every((each) => each.points.every(([at]) => isDay(at)));
    const times = data.series.flatMap((each) => each.points.map(([at]) => Date.parse(at)));
    const withLegend = data.series.length > 1;
    const spanDays = isBars ? 0 : (Math.max(...times) - Math.min(...times)) / DAY;
    return {
      useUTC: true,
      animation: false,
      textStyle: { fontFamily: "Inter, system-ui, sans-serif" },
      grid: { left: 8, right: 16, top: withLegend ? 56 : 28, bottom: 8, containLabel: true },
      legend: withLegend ? { type: "scroll", left: 0, top: 0, itemWidth: 24, textStyle: { color: colors.text, fontSize: 12 }, inactiveColor: colors.strong, pageTextStyle: { color: colors.soft }, pageIconColor: colors.soft } : undefined,
      tooltip: {
        trigger: "axis",
        renderMode: "richText",
        confine: true,
        backgroundColor: colors.surface,
        borderColor: colors.strong,
        borderWidth: 1,
        textStyle: { color: colors.text, fontSize: 12, lineHeight: 18 },
        axisPointer: { type: isBars ? "shadow" : "line", lineStyle: { color: colors.strong }, shadowStyle: { color: colors.soft, opacity: 0.08 } },
        formatter: (params) => tooltipText(data, onlyDays, params),
      },
      xAxis: isBars
        ? { type: "category", data: data.categories, axisLabel: { ...axisLabel(colors), interval: 0, formatter: categoryLabel }, axisTick: { show: false }, axisLine: { lineStyle: { color: colors.strong } } }
        : {
            type: "time",
            minInterval: DAY,
            splitNumber: isPhone ? 3 : 6,
            axisLabel: { ...axisLabel(colors), formatter: (value) => spanDays > 300 ? monthOfYear.format(value) : dayOfMonth.format(value) },
            axisLine: { lineStyle: { color: colors.strong } },
            splitLine: { show: false },
          },
      yAxis: {
        type: "value",
        name: data.y_name,
        nameTextStyle: { color: colors.soft, align: "left", fontSize: 12 },
        nameGap: 12,
        splitNumber: 4,
        ...(isBars ? {} : boundsOf(data)),
        axisLabel: { ...axisLabel(colors), formatter: (value) => compact.format(value) },
        splitLine: { lineStyle: { color: colors.line } },
      },
      series: isBars ? barSeries(data, colors, isPhone) : lineSeries(data, colors, isPhone),
    };
  }

  function draw(figure) {
    const element = figure.querySelector(".chart");
    const data = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
    const chart = charts.get(figure)?.chart ?? window.echarts.init(element, null, { renderer: "canvas" });
    chart.setOption(optionsOf(data, element), true);
    return chart;
  }

  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const figure = target.closest("[data-chart]");
      const known = figure && charts.get(figure);
      if (!known || !target.clientWidth || known.width === target.clientWidth) continue;
      known.width = target.clientWidth;
      known.chart.resize();
      draw(figure);
    }
  });

  function drawNew() {
    for (const [figure, { chart }] of charts) {
      if (figure.isConnected) continue;
      chart.dispose();
      charts.delete(figure);
    }
    for (const figure of document.querySelectorAll("[data-chart]")) {
      if (charts.has(figure)) continue;
      const element = figure.querySelector(".chart");
      charts.set(figure, { chart: draw(figure), width: element.clientWidth });
      sizes.observe(element);
    }
  }

  function drawAll() {
    for (const figure of charts.keys()) draw(figure);
  }

  function start() {
    drawNew();
    document.addEventListener("htmx:after:swap", drawNew);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
    new MutationObserver(drawAll).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    document.fonts?.ready.then(drawAll);
  }

  if (window.echarts) start();
})();

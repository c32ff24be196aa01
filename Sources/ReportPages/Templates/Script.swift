/// The script: everything on the page can be read without it but the differences and the large view.
let script = #"""
  "use strict";
  (() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);

  // Theme: the system's until the button is used. Storage can be forbidden.
  const root = document.documentElement;
  const stored = (() => { try { return localStorage.getItem("mmdit-theme"); } catch { return null; } })();
  if (stored === "light" || stored === "dark") root.dataset.theme = stored;
  const themeButton = byId("theme");
  const isDark = () => root.dataset.theme
    ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const showTheme = () => {
    themeButton.setAttribute("aria-pressed", String(isDark()));
  };
  themeButton.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try { localStorage.setItem("mmdit-theme", root.dataset.theme); } catch { /* not remembered */ }
    showTheme();
  });
  showTheme();

  // Sorting: numbers by value, first the other way round than now; missing ones stay last.
  const sortBy = (button) => {
    const heading = button.closest("th");
    const table = button.closest("table");
    const column = [...heading.parentNode.children].indexOf(heading);
    const isNumber = heading.classList.contains("num");
    const direction = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    all("[aria-sort]", table).forEach((other) => other.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
    const key = (row) => row.children[column].dataset.v ?? "";
    const body = table.tBodies[0];
    const rows = [...body.rows].sort((a, b) => {
      const [x, y] = [key(a), key(b)];
      if (x === "" || y === "") return (x === "") - (y === "");
      if (!isNumber) return direction * x.localeCompare(y, "en", { numeric: true });
      const [p, q] = [Number(x), Number(y)];
      return p === q ? 0 : direction * (p < q ? -1 : 1);
    });
    body.append(...rows);
  };
  all(".sortable .sort").forEach((button) => button.addEventListener("click", () => sortBy(button)));

  // Charts: which candidates, and the median or one golden.
  all("[data-scope]").forEach((scope) => {
    const select = scope.querySelector("select.golden");
    const show = () => {
      const off = new Set(all(".key[aria-pressed=false]", scope).map((key) => key.dataset.series));
      const golden = select ? select.value : "all";
      all("svg [data-series]", scope).forEach((mark) => {
        const isOther = mark.dataset.golden !== undefined && mark.dataset.golden !== golden;
        mark.toggleAttribute("hidden", isOther || off.has(mark.dataset.series));
      });
    };
    all(".key", scope).forEach((key) => key.addEventListener("click", () => {
      key.setAttribute("aria-pressed", String(key.getAttribute("aria-pressed") === "false"));
      show();
    }));
    if (select) {
      select.addEventListener("change", show);
      show(); // A browser that goes back keeps what was chosen.
    }
  });

  // Heat maps: a line says what the cell under the pointer or finger is.
  all(".heat").forEach((table) => {
    const readout = table.closest("section").querySelector(".readout");
    const [names, steps] = table.tHead.rows;
    const columns = [];
    [...names.cells].slice(1).forEach((cell) => {
      for (let i = 0; i < cell.colSpan; i += 1) columns.push(cell.textContent);
    });
    const tell = (event) => {
      const cell = event.target.closest("tbody td");
      if (!cell) return;
      const step = steps.cells[cell.cellIndex].textContent;
      const block = cell.closest("tbody").dataset.prefix + cell.parentNode.cells[0].textContent;
      readout.textContent = `${columns[cell.cellIndex - 1]}, ${block}, `
        + `${step} % of the run: ${cell.textContent}`;
    };
    table.addEventListener("pointerover", tell);
    table.addEventListener("click", tell);
  });

  // Differences: four times the distance of each channel, from the pictures on the page.
  const pixels = (image) => {
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, canvas.width, canvas.height);
  };
  const drawDifference = async (canvas, a, b) => {
    await Promise.all([a.decode(), b.decode()]);
    const [first, second] = [pixels(a), pixels(b)];
    if (first.width !== second.width || first.height !== second.height) return;
    for (let i = 0; i < first.data.length; i += 1) {
      first.data[i] = i % 4 === 3 ? 255 : Math.min(255, 4 * Math.abs(first.data[i] - second.data[i]));
    }
    canvas.width = first.width;
    canvas.height = first.height;
    canvas.getContext("2d").putImageData(first, 0, 0);
  };
  const goldenOf = (cell) => cell.closest("tr").querySelector("img.golden");
  all(".gallery").forEach((gallery) => {
    const show = () => {
      gallery.dataset.show = gallery.querySelector(".segments :checked").value;
      if (gallery.dataset.show !== "difference") return;
      all(".open", gallery).forEach((cell) => {
        const [golden, canvas] = [goldenOf(cell), cell.querySelector("canvas")];
        if (!golden || canvas.dataset.drawn) return;
        canvas.dataset.drawn = "yes";
        drawDifference(canvas, golden, cell.querySelector(".picture"));
      });
    };
    all(".segments input", gallery).forEach((input) => input.addEventListener("change", show));
    show();
  });

  // The large view.
  const viewer = byId("viewer");
  const slider = byId("slider");
  let current = null;
  const wipe = () => byId("stage").style.setProperty("--x", `${slider.value}%`);
  const open = (cell) => {
    current = cell;
    const golden = goldenOf(cell);
    const picture = cell.querySelector(".picture");
    const map = cell.querySelector(".map");
    const row = cell.closest("tr");
    byId("viewer-title").textContent = `${cell.dataset.candidate} · ${row.querySelector(".id").textContent}`;
    byId("viewer-prompt").textContent = row.querySelector(".prompt").textContent;
    byId("stage").style.setProperty("--ratio", picture.naturalWidth / picture.naturalHeight);
    byId("stage-golden").src = (golden ?? picture).src;
    byId("stage-candidate").src = picture.src;
    all(".tag, #wipe, #slider").forEach((part) => { part.hidden = !golden; });
    const [mapView, canvas] = [byId("viewer-map"), byId("viewer-difference")];
    mapView.closest("figure").hidden = !map;
    if (map) mapView.src = map.src;
    canvas.closest("figure").hidden = !golden;
    if (golden) drawDifference(canvas, golden, picture);
    byId("viewer-figures").replaceChildren(...cell.dataset.figures.split("|").map((figure) => {
      const cut = figure.indexOf("=");
      const line = document.createElement("div");
      line.append(document.createElement("dt"), document.createElement("dd"));
      line.firstChild.textContent = figure.slice(0, cut);
      line.lastChild.textContent = figure.slice(cut + 1);
      return line;
    }));
    all("[data-way]", viewer).forEach((button) => { button.disabled = !neighbour(button.dataset.way); });
    if (!viewer.open) {
      slider.value = 50;
      viewer.showModal();
      slider.focus();
    }
    wipe();
  };
  // The next cell with a picture in a direction, or null.
  const neighbour = (way) => {
    const cell = current.closest("td");
    const [body, place] = [cell.closest("tbody"), cell.cellIndex];
    const line = way === "left" || way === "right"
      ? [...cell.parentNode.cells] : [...body.rows].map((row) => row.cells[place]);
    const step = way === "left" || way === "up" ? -1 : 1;
    for (let i = line.indexOf(cell) + step; i >= 0 && i < line.length; i += step) {
      const found = line[i].querySelector(".open");
      if (found) return found;
    }
    return null;
  };
  all(".open").forEach((cell) => cell.addEventListener("click", () => open(cell)));
  all("[data-way]", viewer).forEach((button) => button.addEventListener("click", () => {
    const found = neighbour(button.dataset.way);
    if (found) open(found);
  }));
  slider.addEventListener("input", wipe);
  byId("viewer-close").addEventListener("click", () => viewer.close());
  viewer.addEventListener("click", (event) => { if (event.target === viewer) viewer.close(); });
  viewer.addEventListener("close", () => { if (current) current.focus(); });

  // Paper cannot unfold.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("details:not([open])");
    folded.forEach((part) => { part.open = true; });
  });
  addEventListener("afterprint", () => folded.forEach((part) => { part.open = false; }));
  })();
  """#

// A list that creates elements only for the rows in view. All rows have the same height.

const ROW_HEIGHT = 30;

class VirtualList {
  /**
   * `render` makes the element of a row. A row has an `id` and spans the entries from `first` to `last`;
   * newer rows come first.
   */
  constructor(element, render) {
    this.element = element;
    this.render = render;
    this.rows = [];
    this.window = document.createElement("div");
    this.window.role = "none";
    this.window.style.position = "relative";
    element.append(this.window);
    element.addEventListener("scroll", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(element);
  }

  /** Replaces the rows. Unless `follow` is set, the rows in view keep their place. */
  setRows(rows, follow) {
    const top = this.element.scrollTop;
    const anchor = this.rows[Math.floor(top / ROW_HEIGHT)];
    this.rows = rows;
    this.window.style.height = `${rows.length * ROW_HEIGHT}px`;
    if (follow) {
      this.element.scrollTop = 0;
    } else if (anchor) {
      // If the row is in a group now, or gone, that group or the next older row takes its place.
      let index = rows.findIndex((row) => row.id === anchor.id);
      if (index < 0) index = rows.findIndex((row) => row.first <= anchor.last);
      if (index >= 0) this.element.scrollTop = index * ROW_HEIGHT + (top % ROW_HEIGHT);
    }
    this.draw();
  }

  /** Scrolls as little as possible to bring a row into view. */
  reveal(index) {
    const { scrollTop, clientHeight } = this.element;
    const [start, end] = [index * ROW_HEIGHT, (index + 1) * ROW_HEIGHT];
    if (start < scrollTop) this.element.scrollTop = start;
    else if (end > scrollTop + clientHeight) this.element.scrollTop = end - clientHeight;
    this.draw();
  }

  /** How many rows fit in view. */
  get pageSize() {
    return Math.max(1, Math.floor(this.element.clientHeight / ROW_HEIGHT) - 1);
  }

  draw() {
    const start = Math.max(0, Math.floor(this.element.scrollTop / ROW_HEIGHT) - 5);
    const rows = this.rows.slice(start, start + this.pageSize + 12);
    this.window.replaceChildren(
      ...rows.map((row, offset) => {
        const element = this.render(row);
        element.id = row.id;
        Object.assign(element.style, {
          position: "absolute", insetInline: "0", height: `${ROW_HEIGHT}px`, top: `${(start + offset) * ROW_HEIGHT}px`,
        });
        element.dataset.index = start + offset;
        element.ariaPosInSet = start + offset + 1;
        element.ariaSetSize = this.rows.length;
        return element;
      }),
    );
  }
}

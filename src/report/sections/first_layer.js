// Heat maps: one cell a pixel of the input. The scale goes from the paper to the ink of the ticket.
espalier.section("first_layer", (box, data, state) => {
    const {element, colour, number, share} = espalier;
    const {side} = data;
    const rgb = (text) => [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
    const grid = element("div", {class: "maps"});
    box.append(grid);
    for (const {level, share: left, counts} of data.maps) {
        const most = Math.max(...counts, 1);
        const [empty, full] = [rgb(colour("grid")), rgb(colour("ticket"))];
        const name = `level ${level}: ${share(left)} left`;
        const canvas = element("canvas", {width: side, height: side, role: "img", class: "map",
            "aria-label": `Connections left of each pixel, ${name}`,
            "aria-describedby": box.closest("figure").querySelector("figcaption").id});
        const pixels = new ImageData(side, side);
        counts.forEach((count, at) => {
            const mix = (i) => Math.round(empty[i] + (full[i] - empty[i]) * count / most);
            pixels.data.set([mix(0), mix(1), mix(2), 255], 4 * at);
        });
        canvas.getContext("2d").putImageData(pixels, 0, 0);
        const dead = counts.filter((count) => count === 0).length;
        const all = `${dead} of ${counts.length} pixels unused; most: ${number(most, 3)}`;
        const text = element("small", {}, all);
        canvas.addEventListener("mousemove", (event) => {
            const [x, y] = [event.offsetX / canvas.clientWidth, event.offsetY / canvas.clientHeight]
                .map((part) => Math.min(side - 1, Math.max(0, Math.floor(part * side))));
            text.textContent = `row ${y + 1}, column ${x + 1}: ${number(counts[y * side + x], 3)} of ${data.outputs}`;
        });
        canvas.addEventListener("mouseleave", () => { text.textContent = all; });
        grid.append(element("div", {}, element("h3", {}, name), canvas, text));
    }
    espalier.tools(box, "first_layer", ["level", "network left in %", "row", "column", "connections left"],
        data.maps.flatMap(({level, share: left, counts}) => counts.map((count, at) =>
            [level, left, Math.floor(at / side) + 1, at % side + 1, count])));
});

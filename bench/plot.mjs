// A plot of ratios over a growing size, as an SVG that reads on light and dark pages.

const colours = ['#2f81f7', '#d2691e', '#2e9e5b', '#a855c7', '#888888', '#c0392b', '#158f9e', '#b8860b', '#e0559b']
const [width, height, left, right, top, bottom] = [760, 400, 52, 190, 16, 44]

/** `series` maps a name to points `[size, ratio]`. Both axes are logarithmic. */
export function plot(series, { x: xTitle, y: yTitle }) {
  const points = Object.values(series).flat()
  const most = Math.max(...points.map(([size]) => size))
  const ceiling = 2 ** Math.ceil(Math.log2(Math.max(2, ...points.map(([, ratio]) => ratio))))
  const floor = 2 ** Math.floor(Math.log2(Math.min(1, ...points.map(([, ratio]) => ratio))))
  const atX = (size) => left + (Math.log(size) / Math.log(most)) * (width - left - right)
  const atY = (ratio) => top + (Math.log(ceiling / ratio) / Math.log(ceiling / floor)) * (height - top - bottom)
  const text = (x, y, words, more = '') => `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${words}</text>`
  const parts = []
  for (let ratio = floor; ratio <= ceiling; ratio *= 2) {
    parts.push(`<path d="M${left} ${atY(ratio).toFixed(1)}H${width - right}" stroke="#888" stroke-opacity="0.3"/>`)
    parts.push(text(left - 8, atY(ratio) + 4, `${ratio}×`, 'text-anchor="end"'))
  }
  for (let size = 1; size <= most; size *= 10)
    parts.push(text(atX(size), height - bottom + 18, size.toLocaleString('en'), 'text-anchor="middle"'))
  parts.push(text((left + width - right) / 2, height - 8, xTitle, 'text-anchor="middle"'))
  Object.entries(series).forEach(([name, line], at) => {
    const colour = colours[at % colours.length]
    const path = line.map(([size, ratio]) => `${atX(size).toFixed(1)} ${atY(ratio).toFixed(1)}`).join('L')
    parts.push(`<path d="M${path}" fill="none" stroke="${colour}" stroke-width="2"/>`)
    for (const [size, ratio] of line)
      parts.push(`<circle cx="${atX(size).toFixed(1)}" cy="${atY(ratio).toFixed(1)}" r="3" fill="${colour}"/>`)
    parts.push(`<rect x="${width - right + 16}" y="${top + at * 20}" width="12" height="12" fill="${colour}"/>`)
    parts.push(text(width - right + 34, top + at * 20 + 10, name))
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, sans-serif" font-size="12" fill="#888">
<title>${yTitle}, by ${xTitle}</title>
${parts.join('\n')}
</svg>
`
}

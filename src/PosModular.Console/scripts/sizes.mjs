// Prints the sizes of the built console, gzipped, and fails when one is above its limit. Run it after "npm run build".
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url);
const page = readFileSync(new URL("index.html", dist), "utf8");
const assets = readdirSync(new URL("assets/", dist));
const sizeOf = (name) => gzipSync(readFileSync(new URL(`assets/${name}`, dist)), { level: 9 }).length;
const sum = (names) => names.reduce((total, name) => total + sizeOf(name), 0);

const scripts = assets.filter((name) => name.endsWith(".js"));
const first = scripts.filter((name) => page.includes(`/assets/${name}"`));
const later = scripts.filter((name) => !first.includes(name));
const rows = [
  ["first load, JavaScript", sum(first), 200],
  ...later.map((name) => [name.replace(/-[\w-]{8}\.js$/, ""), sizeOf(name), 35]),
  ["all JavaScript", sum(scripts), 340],
  ["all CSS", sum(assets.filter((name) => name.endsWith(".css"))), 12],
];
let failed = false;
for (const [name, size, limit] of rows) {
  const isOver = size > limit * 1000;
  failed ||= isOver;
  console.log(`${name}: ${(size / 1000).toFixed(1)} kB of ${limit} kB${isOver ? ", too large" : ""}`);
}
if (first.length === 0) {
  console.log("index.html loads no script.");
  failed = true;
}
process.exit(failed ? 1 : 0);

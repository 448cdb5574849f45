// saxes and JSON.stringify: EXPORT OUT TILLS. What no peer does (check, compare, number on, sync): see ../tillfiles.py.
import fs from "node:fs";
import path from "node:path";
import { SaxesParser } from "saxes";

const [exported, out, tills] = process.argv.slice(2);
const CHUNK = 25000;
const folders = Array.from({ length: Number(tills) }, (_, till) => path.join(out, String(till + 1)));
for (const folder of folders) fs.mkdirSync(folder, { recursive: true });

let number = 0;
let waiting = [];

function deliver() {
  if (!waiting.length) return;
  number += 1;
  const name = "pos" + String(number).padStart(10, "0");
  const files = folders.map((folder) => path.join(folder, name));
  fs.writeFileSync(files[0] + ".aif", waiting.join(""));
  for (const file of files.slice(1)) fs.copyFileSync(files[0] + ".aif", file + ".aif");
  for (const file of files) fs.writeFileSync(file + ".flz", "");
  waiting = [];
}

function command(good) {
  const [first, ...others] = good.barcode;
  const price = good.price && Number(good.price);
  return {
    command: "addInventItem",
    invent: {
      inventcode: good.code,
      barcode: first?.barcode,
      barcodes: others.length ? others : undefined,
      deptcode: Number(good.department ?? 1),
      price,
      minprice: good.minPrice ? Number(good.minPrice) : price,
      isInventItem: true,
      articul: good.article ?? good.code,
      rtext: good.receiptName ?? good.name,
      name: good.name,
      measurecode: Number(good.unit),
      taxgroupcode: Number(good.tax),
      inventgroup: good.group,
      age: good.age && Number(good.age),
    },
  };
}

const parser = new SaxesParser();
let good = null;
let text = "";
let quantity;

parser.on("error", (error) => { throw error; });
parser.on("opentag", (tag) => {
  text = "";
  quantity = tag.attributes.quantity;
  if (tag.name === "good") good = { code: tag.attributes.code, barcode: [] };
});
parser.on("text", (part) => { text += part; });
parser.on("closetag", (tag) => {
  if (!good) return;
  if (tag.name === "barcode") {
    good.barcode.push({ barcode: text, quantdefault: Number(quantity ?? 1) });
  } else if (tag.name === "good") {
    waiting.push(JSON.stringify(command(good)) + "\n---\n");
    if (waiting.length === CHUNK) deliver();
    good = null;
  } else {
    good[tag.name] = text;
  }
  text = "";
});

for await (const piece of fs.createReadStream(exported, { encoding: "utf8", highWaterMark: 1 << 20 })) {
  parser.write(piece);
}
parser.close();
deliver();

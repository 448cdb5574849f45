#!/bin/sh
# xmllint, xmlstarlet, split and cp: EXPORT OUT TILLS SCHEMA. It validates, as no other peer does; it neither compares,
# numbers on nor syncs, puts no backslash before a quotation mark, and leaves out what a good may have besides a price
# and one barcode.
set -eu
export LC_ALL=C.UTF-8
exported=$1 out=$2 tills=$3 schema=$4

xmllint --stream --noout --schema "$schema" "$exported"
mkdir -p "$out/1"
xmlstarlet sel -N t=urn:tillpost:export:1 -T -t -m /t:goods/t:good \
    -o '{"command":"addInventItem","invent":{"inventcode":"' -v @code -o '","barcode":"' -v 't:barcode[1]' \
    -o '","price":' -v 'concat(t:price, substring("0", 1 div not(t:price)))' \
    -o ',"isInventItem":true,"name":"' -v t:name -o '","measurecode":' -v t:unit -o ',"taxgroupcode":' -v t:tax \
    -o ',"inventgroup":"' -v t:group -o '"}}' -n -o --- -n "$exported" |
    split -l 50000 -a 10 --numeric-suffixes=1 --additional-suffix=.aif - "$out/1/pos"
till=2
while [ "$till" -le "$tills" ]; do
    cp -R "$out/1" "$out/$till"
    till=$((till + 1))
done
for chunk in "$out"/*/*.aif; do
    : > "${chunk%.aif}.flz"
done

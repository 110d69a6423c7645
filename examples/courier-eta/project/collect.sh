# Takes over what the company's systems have delivered, as a new version of data/. Any number may run at once.
set -e
exec 9>.git/collect.lock
flock 9
deliveries=$(ls -d landing/days-* 2>/dev/null) || exit 0
for delivery in $deliveries; do cp -r "$delivery/." data/; done
mlops -q data add data
git add data.mlops .gitignore
git diff --cached --quiet || git commit -qm "Data up to $(ls data/orders | tail -n 1)"
rm -rf $deliveries

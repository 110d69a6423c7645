# What happens when a model is promoted: colleagues get everything.
set -e
mlops -q push
git push -q origin main

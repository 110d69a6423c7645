"""A city with forty couriers: what happens on each of its days, from a fixed seed.

Day 0 is 72 days before today, so that statistics are as old as they would be. From day 65 on a bridge is closed: traffic is slower, who has more
than three kilometres to go makes a detour, and fewer people order.
"""
import datetime
import functools
import os

import numpy as np

SEED, COURIERS, BRIDGE_CLOSED, LAST_DAY = 20260301, 40, 65, 72
# COURIER_TODAY: every program of one run sees one date, also where midnight passes.
TODAY = datetime.date.fromisoformat(os.environ.get("COURIER_TODAY") or datetime.datetime.now(datetime.timezone.utc).date().isoformat())
START = datetime.datetime.combine(TODAY, datetime.time(), datetime.timezone.utc) - datetime.timedelta(days=LAST_DAY)
ORDER_INPUTS = ["distance_km", "prep_minutes", "hour", "weekday", "rain_mm"]


def at(day, minute):
    """The moment in microseconds since 1970."""
    return int((START + datetime.timedelta(days=int(day), minutes=float(minute))).timestamp() * 1e6)


@functools.cache
def couriers():
    random = np.random.default_rng(SEED)
    vehicle = random.integers(0, 3, COURIERS)
    return {
        "courier_id": np.arange(1, COURIERS + 1),
        "vehicle": vehicle,
        "years": np.round(random.exponential(1.5, COURIERS) + 0.1, 1),
        "base_kmh": np.array([11.0, 17.0, 26.0])[vehicle] + random.normal(0, 1.0, COURIERS),
    }


@functools.cache
def orders(day):
    """The orders of one day in the order of their times; `minutes` is how long the customer waited."""
    random = np.random.default_rng([SEED, day])
    closed = day >= BRIDGE_CLOSED
    rain_of_hour = np.where(random.random(24) < 0.2, random.gamma(1.5, 1.2, 24), 0.0).round(1)
    lunch = random.random(COURIERS * (11 if closed else 15)) < 0.4
    minute = np.sort(np.clip(np.where(lunch, random.normal(750, 60, lunch.size), random.normal(1150, 80, lunch.size)), 601, 1379))
    n = minute.size
    courier = random.integers(0, COURIERS, n)
    hour = (minute // 60).astype(int)
    rain = rain_of_hour[hour]
    rush = 1 - 0.20 * np.exp(-(((hour - 12.5) / 1.5) ** 2)) - 0.30 * np.exp(-(((hour - 18.5) / 2.0) ** 2))
    distance = np.round(0.4 + random.gamma(2.0, 1.1, n), 2)
    prep = np.round(np.clip(random.normal(12, 4, n), 3, 30), 1)
    load = random.poisson(0.5 + 0.8 * np.exp(-(((hour - 19) / 1.5) ** 2)) + (0.8 if closed else 0.0), n)
    speed = couriers()["base_kmh"][courier] * rush * np.where(rain > 0, 0.85, 1.0) * (0.7 if closed else 1.0)
    way = distance + (np.where(distance > 3, 0.5 * distance, 0.0) if closed else 0.0)
    waiting = np.maximum(prep, 4.0 * load)  # the courier waits for the kitchen, or the kitchen for the courier
    minutes = waiting + 60 * way / speed - 1.5 * np.log1p(couriers()["years"][courier]) + random.normal(0, 0.9, n)
    return {
        "order_id": np.array([f"order-{day:02}-{i:03}" for i in range(n)]),
        "event_timestamp": np.array([at(day, m) for m in minute]),
        "courier_id": couriers()["courier_id"][courier],
        "distance_km": distance, "prep_minutes": prep, "hour": hour, "weekday": np.full(n, day % 7), "rain_mm": rain,
        "minutes": np.round(np.maximum(minutes, 3), 2),
        "load": load, "gps_kmh": np.round(speed + random.normal(0, 0.8, n), 2), "speed": speed,
    }


def courier_hours(first, last):
    """Each courier's last 24 hours, at the end of every hour of the shift."""
    rows = {k: [] for k in ("courier_id", "event_timestamp", "created", "speed_kmh", "stops_per_hour", "late_share")}
    for day in range(max(first, 1), last + 1):
        two = [orders(day - 1), orders(day)]
        both = {k: np.concatenate([d[k] for d in two]) for k in ("courier_id", "event_timestamp", "speed", "minutes", "prep_minutes", "distance_km")}
        late = both["minutes"] > both["prep_minutes"] + 4.5 * both["distance_km"] + 6
        for hour in range(11, 24):
            now = at(day, hour * 60)
            recent = (both["event_timestamp"] <= now) & (both["event_timestamp"] > now - 86_400_000_000)
            count = np.bincount(both["courier_id"][recent], minlength=COURIERS + 1)[1:]
            seen = np.flatnonzero(count)
            mean = lambda v: np.bincount(both["courier_id"][recent], v[recent].astype(float), COURIERS + 1)[1:][seen] / count[seen]
            rows["courier_id"] += list(seen + 1)
            rows["event_timestamp"] += [now] * seen.size
            rows["created"] += [now + 600_000_000] * seen.size
            rows["speed_kmh"] += list(np.round(mean(both["speed"]), 3))
            rows["stops_per_hour"] += list(np.round(count[seen] / 13, 3))
            rows["late_share"] += list(np.round(mean(late), 4))
    return rows

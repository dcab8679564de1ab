"""What Redis does in one step for tenants/velocity.py: count a text or say which limit is reached; give it back.

KEYS of ASK: businesses of the caller, callers of his range here and anywhere, the business's limits,
its texts of today, the platform's hours, our number's pause. ARGV, in order: now, business, member,
counts across businesses, window of those, caller, window of the crowds, cost, the platform's floor
of texts an hour, its factor, hours of its history, past the day's limit, past the month's, counted
for the first time, most callers of a business that count anywhere, floors of cost an hour and a day,
the day's factor.
"""

from __future__ import annotations

ASK = """
local now, member = tonumber(ARGV[1]), ARGV[3]
local function crowd(key, who, seconds, counts)
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now - seconds)
    if counts then
        redis.call('ZADD', key, now, who)
        redis.call('EXPIRE', key, seconds)
    end
    return redis.call('ZCARD', key)
end
local elsewhere, is_first, is_vouched = 0, ARGV[14] == '1', ARGV[4] ~= '1'
if is_first and not is_vouched then
    elsewhere = crowd(KEYS[1], ARGV[2], tonumber(ARGV[5]), true) - 1
end
local here = crowd(KEYS[2], ARGV[6], tonumber(ARGV[7]), is_first)
-- Who is not vouched for counts everywhere, and no business with more than makes it a crowd of its
-- own: else whoever forges callers at one of them stops the texts of all others.
local counts = is_first and not is_vouched and here <= tonumber(ARGV[15])
local anywhere = crowd(KEYS[3], ARGV[6], tonumber(ARGV[7]), counts)
local throttled = redis.call('GET', KEYS[7]) or ''

-- The platform's hours, texts by the hour and cost by '$' and the hour: the limits are reckoned
-- once an hour, from those before it.
local hour, hours = math.floor(now / 3600), tonumber(ARGV[11])
local limit, is_spent = -1, false
if redis.call('HEXISTS', KEYS[6], 'since') == 1 then
    if redis.call('HGET', KEYS[6], 'reckoned') ~= tostring(hour) then
        local sum, cost, lately, all = 0, 0, 0, redis.call('HGETALL', KEYS[6])
        for i = 1, #all, 2 do
            local then_ = tonumber(string.match(all[i], '^%$?(%d+)$'))
            local is_cost = string.sub(all[i], 1, 1) == '$'
            if then_ and then_ < hour - hours then redis.call('HDEL', KEYS[6], all[i])
            elseif then_ and then_ < hour and is_cost then
                cost = cost + tonumber(all[i + 1])
                if then_ > hour - 24 then lately = lately + tonumber(all[i + 1]) end
            elseif then_ and then_ < hour then sum = sum + tonumber(all[i + 1]) end
        end
        redis.call('HSET', KEYS[6], 'reckoned', hour, 'lately', lately,
            'limit', math.floor(math.max(tonumber(ARGV[9]), ARGV[10] * sum / hours)),
            'an_hour', math.floor(math.max(tonumber(ARGV[16]), ARGV[10] * cost / hours)),
            'a_day', math.floor(math.max(tonumber(ARGV[17]), ARGV[18] * cost / hours * 24)))
    end
    limit = tonumber(redis.call('HGET', KEYS[6], 'limit'))
    local money = redis.call('HMGET', KEYS[6], '$' .. hour, 'lately', 'an_hour', 'a_day')
    local after = tonumber(money[1] or '0') + tonumber(ARGV[8])
    is_spent = after > tonumber(money[3]) or after + tonumber(money[2]) > tonumber(money[4])
    -- What support set by hand holds until its time, in place of what was reckoned (tenants/brakes.py).
    local forced = redis.call('HMGET', KEYS[6], 'forced_until', 'forced_texts', 'forced_cost')
    if forced[1] and now < tonumber(forced[1]) then
        limit, is_spent = tonumber(forced[2]), after > tonumber(forced[3])
    end
end

local kept = redis.call('HMGET', KEYS[4], 'texts', 'cost', 'spent', 'day_ends', 'month_ends')
local known = kept[1] and now < tonumber(kept[4]) and now < tonumber(kept[5])
local is_full = limit >= 0 and tonumber(redis.call('HGET', KEYS[6], hour) or '0') >= limit
local verdict = 'ok'
if not known then verdict = 'unknown'
elseif redis.call('SISMEMBER', KEYS[5], member) == 1 then verdict = 'ok'
elseif ARGV[12] ~= '1' and redis.call('SCARD', KEYS[5]) >= tonumber(kept[1]) then verdict = 'day'
elseif ARGV[13] ~= '1' and tonumber(kept[3]) + tonumber(ARGV[8]) > tonumber(kept[2]) then verdict = 'month'
elseif is_full or is_spent then
    verdict = 'platform'
    if redis.call('HGET', KEYS[6], 'told') ~= tostring(hour) then
        redis.call('HSET', KEYS[6], 'told', hour)
        verdict = is_full and 'platform texts' or 'platform money'
    end
else
    redis.call('SADD', KEYS[5], member)
    redis.call('EXPIREAT', KEYS[5], math.ceil(tonumber(kept[4])) + 3600)
    redis.call('HINCRBY', KEYS[4], 'spent', ARGV[8])
    redis.call('HINCRBY', KEYS[6], hour, 1)
    redis.call('HINCRBY', KEYS[6], '$' .. hour, ARGV[8])
end
return {elsewhere, here, anywhere, throttled, verdict, limit,
        kept[1] or '0', kept[2] or '0', kept[4] or '0', kept[5] or '0'}
"""
GIVE_BACK = """
if redis.call('SREM', KEYS[2], ARGV[1]) == 1 then
    if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HINCRBY', KEYS[1], 'spent', -ARGV[2]) end
    redis.call('HINCRBY', KEYS[3], ARGV[3], -1)
    redis.call('HINCRBY', KEYS[3], '$' .. ARGV[3], -ARGV[2])
end
"""

-- Every mart has every day in the version that is loaded, and no other; days that are being loaded now are the next build's.
{%- for mart in marts_by_day() %}
select
    '{{ mart }}' as mart,
    coalesce(today.server_id, built.server_id) as server_id,
    coalesce(today.business_date, built.business_date) as business_date,
    today.version as loaded,
    built.version as built
from (select * from {{ versions_of(mart) }} where has_rows) as today
full join (select distinct server_id, business_date, version from {{ ref(mart) }}) as built
    on built.server_id = today.server_id and built.business_date = today.business_date
where
    today.version is distinct from built.version
    and coalesce(today.version < '{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") }}', true)
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}

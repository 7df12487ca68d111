{{ config(meta={'indicators': indicators_of(call_measures())}) }}
{{ measure_records(ref('int_call_measures'), "'hotline_calls'", call_measures()) }}
{%- for m in call_total_measures() %}
{%- for variant in m.variants %}
union all
select
    {{ record_row(
        m.id,
        'case when ' ~ m.get('of', 'true') ~ ' then ' ~ m.numerator ~ ' else 0 end',
        'case when ' ~ m.get('of', 'true') ~ ' then ' ~ m.denominator ~ ' else 0 end',
        'hotline_daily_totals', m.hours, m.numerator ~ ' ÷ ' ~ m.denominator, variant=variant,
        status="case when " ~ m.get('of', 'true') ~ " then 'counted' else 'no_value' end"
    ) }}
from {{ ref('int_call_total_measures') }}
where {{ m.hours }}
{%- endfor %}
{%- endfor %}

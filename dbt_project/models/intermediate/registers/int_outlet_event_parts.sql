{{ measure_parts(
    ref('int_outlet_event_measures'),
    ['region', 'outlet'],
    [
        {'id': 'R5-1', 'kind': 'rate', 'of': "event_kind = 'demand' and is_common and filled_from_stock is not null", 'when': 'filled_from_stock', 'unknown': "event_kind = 'demand' and coalesce(is_common, true)"},
        {'id': 'P3-1', 'kind': 'ratio', 'of': "event_kind = 'inspection'", 'numerator': 'cases_conforming', 'denominator': 'cases_inspected'},
        {'id': 'P3-4', 'kind': 'ratio', 'of': "event_kind = 'inspection'", 'numerator': 'cases_inspected - violations', 'denominator': 'cases_inspected'},
        {'id': 'O4-1', 'variant': 'incidents', 'kind': 'rate', 'of': "event_kind = 'incident'", 'when': 'true'},
        {'id': 'O4-1', 'variant': 'fatal_incidents', 'kind': 'rate', 'of': "event_kind = 'incident' and severity = 'fatal'", 'when': 'true'},
    ]
) }}

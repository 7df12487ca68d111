{#- The measures of each relation of records, for measure_parts(): counted by quarter and scope, and by month. -#}

{% macro request_measures() -%}
    {{- return([
        {'id': 'P2-1c', 'kind': 'mean', 'of': 'is_urgent', 'value': 'response_seconds', 'within': 'is_urgent_response_in_time', 'unknown': 'is_urgent is null'},
        {'id': 'P2-3a', 'kind': 'mean', 'of': 'is_general', 'value': 'resolution_seconds', 'within': 'is_general_resolution_in_time', 'unknown': 'is_general is null'},
        {'id': 'P2-3a', 'variant': 'service_hours', 'kind': 'mean', 'of': 'is_general', 'value': 'resolution_service_seconds'},
        {'id': 'P2-3a', 'variant': 'customer_total_time', 'kind': 'mean', 'of': 'is_general', 'value': 'customer_total_seconds'},
        {'id': 'P2-3a', 'variant': 'customer_total_time_all_requests', 'kind': 'mean', 'value': 'customer_total_seconds'},
        {'id': 'P2-3b', 'kind': 'mean', 'of': 'is_complex', 'value': 'resolution_working_seconds', 'within': 'is_complex_resolution_in_time', 'unknown': 'is_complex is null'},
        {'id': 'P2-3b', 'variant': 'natural_days', 'kind': 'mean', 'of': 'is_complex', 'value': 'resolution_seconds'},
        {'id': 'P2-3b', 'variant': 'customer_total_time', 'kind': 'mean', 'of': 'is_complex', 'value': 'customer_total_seconds'},
        {'id': 'P3-3', 'kind': 'rate', 'of': 'has_form', 'when': 'is_form_valid'},
        {'id': 'P4-2', 'kind': 'rate', 'of': 'is_notice_required and not is_one_touch', 'when': 'is_notified', 'unknown': 'is_notice_required and is_one_touch is null'},
        {'id': 'P5-1', 'kind': 'rate', 'when': 'personalised_plan'},
        {'id': 'P5-2', 'kind': 'rate', 'of': 'special_need', 'when': 'special_need_met'},
        {'id': 'O1-1', 'kind': 'rate', 'of': 'is_first_contact_resolution is not null', 'when': 'is_first_contact_resolution', 'unknown': 'is_first_contact_resolution is null'},
        {'id': 'O1-1', 'variant': 'one_touch', 'kind': 'rate', 'of': 'is_one_touch is not null', 'when': 'is_one_touch'},
        {'id': 'O1-1', 'variant': 'survey_confirmed', 'kind': 'rate', 'of': 'customer_confirmed is not null and is_one_touch is not null', 'when': 'is_one_touch and customer_confirmed'},
        {'id': 'O1-1', 'variant': 'without_onsite', 'kind': 'rate', 'of': 'not is_onsite and is_first_contact_resolution is not null', 'when': 'is_first_contact_resolution'},
        {'id': 'O1-2', 'kind': 'rate', 'of': 'is_repair_done and issue_class is not null', 'when': 'is_repair_repeated', 'unknown': 'coalesce(is_repair_done, true)'},
        {'id': 'O1-3', 'kind': 'rate', 'of': 'is_closed and is_finally_resolved is not null', 'when': 'is_finally_resolved', 'unknown': 'coalesce(is_closed, true)'},
        {'id': 'O1-4', 'variant': 'measured_ratio', 'kind': 'mean', 'of': 'is_repair_done', 'value': 'recovered_performance', 'decimals': 9},
        {'id': 'O1-4', 'variant': 'acceptance_passed', 'kind': 'rate', 'of': 'is_repair_done and acceptance_passed is not null', 'when': 'acceptance_passed'},
        {'id': 'O3-2', 'kind': 'rate', 'of': 'is_paid', 'when': 'is_overcharged'},
        {'id': 'O3-2', 'variant': 'of_all_requests', 'kind': 'rate', 'when': 'is_paid and is_overcharged'},
        {'id': 'O4-1', 'variant': 'services', 'kind': 'rate', 'when': 'true'},
        {'id': 'I4-1', 'kind': 'rate', 'when': 'has_service_error'},
        {'id': 'I4-3', 'variant': 'resolved', 'kind': 'rate', 'when': 'is_resolved'},
        {'id': 'O2-2', 'variant': 'requests', 'kind': 'rate', 'when': 'true'},
    ]) -}}
{%- endmacro %}

{% macro call_measures() -%}
    {{- return([
        {'id': 'P1-1', 'kind': 'rate', 'of': 'is_offered', 'when': 'is_answered', 'scopes': ['enterprise']},
        {'id': 'P1-1', 'variant': 'without_short_abandons', 'kind': 'rate', 'of': 'is_offered and not is_short_abandon', 'when': 'is_answered', 'scopes': ['enterprise']},
        {'id': 'P1-1', 'variant': 'out_of_hours', 'kind': 'rate', 'of': 'is_offered_out_of_hours', 'when': 'is_answered', 'scopes': ['enterprise']},
        {'id': 'P1-2', 'kind': 'rate', 'of': 'is_offered and has_waits', 'cases': 'is_offered', 'when': 'is_answered and is_connected_in_time', 'scopes': ['enterprise']},
        {'id': 'P1-2', 'variant': 'of_answered', 'kind': 'rate', 'of': 'is_offered and is_answered and has_waits', 'when': 'is_connected_in_time'},
        {'id': 'P2-1a', 'kind': 'mean', 'of': 'is_answered', 'value': 'wait_seconds', 'within': 'is_response_in_time'},
    ] + reported_measures('P1-2', 'is_answered and is_connected_in_time', of='is_offered', scopes=['enterprise'])) -}}
{%- endmacro %}

{% macro session_measures() -%}
    {{- return([
        {'id': 'P1-3', 'kind': 'rate', 'when': 'is_replied_in_time'},
        {'id': 'P1-3', 'variant': 'service_hours', 'kind': 'rate', 'of': 'not is_reported', 'when': 'is_replied_in_service_time'},
        {'id': 'P2-1b', 'kind': 'mean', 'of': 'is_live', 'value': 'reply_seconds', 'within': 'is_response_in_time', 'unknown': 'is_live is null'},
    ] + reported_measures('P1-3', 'is_replied_in_time')) -}}
{%- endmacro %}

{% macro visit_measures() -%}
    {{- return([
        {'id': 'P2-2', 'kind': 'rate', 'of': 'is_due', 'when': 'is_on_time', 'unknown': 'is_due is null'},
        {'id': 'P2-2', 'variant': 'too_early', 'kind': 'rate', 'of': 'is_due and not is_reported', 'when': 'is_early'},
        {'id': 'P2-2', 'variant': 'too_late', 'kind': 'rate', 'of': 'is_due and not is_reported', 'when': 'is_late'},
    ] + reported_measures('P2-2', 'is_on_time', of='is_due')) -}}
{%- endmacro %}

{% macro appointment_measures() -%}
    {{- return([{'id': 'P1-4', 'kind': 'rate', 'when': 'is_bookable_in_time'}] + reported_measures('P1-4', 'is_bookable_in_time')) -}}
{%- endmacro %}

{% macro complaint_measures() -%}
    {{- return([
        {'id': 'I1-2', 'kind': 'rate', 'when': 'is_replied_in_time'},
        {'id': 'I1-2', 'variant': 'urgent', 'kind': 'rate', 'of': 'is_urgent and not is_reported', 'when': 'is_urgent_replied_in_time'},
        {'id': 'I1-3', 'kind': 'rate', 'of': 'has_answered', 'when': 'is_satisfied'},
        {'id': 'I1-3', 'variant': 'answered', 'kind': 'rate', 'when': 'has_answered'},
        {'id': 'I1-3', 'variant': 'silence_as_dissatisfied', 'kind': 'rate', 'when': 'is_satisfied'},
    ] + reported_measures('I1-2', 'is_replied_in_time')) -}}
{%- endmacro %}

{% macro spare_part_measures() -%}
    {{- return([
        {'id': 'R5-2', 'kind': 'mean', 'of': 'is_urgent', 'value': 'dispatch_seconds', 'within': 'is_dispatched_in_time', 'unknown': 'is_urgent is null'},
        {'id': 'R5-3', 'kind': 'mean', 'of': 'not is_urgent', 'value': 'lead_time_working_days', 'within': 'is_received_in_time', 'unknown': 'is_urgent is null'},
    ]) -}}
{%- endmacro %}

{% macro outlet_event_measures() -%}
    {{- return([
        {'id': 'R5-1', 'kind': 'rate', 'of': "event_kind = 'demand' and is_common and filled_from_stock is not null", 'when': 'filled_from_stock', 'unknown': "event_kind = 'demand' and coalesce(is_common, true)"},
        {'id': 'P3-1', 'kind': 'ratio', 'of': "event_kind = 'inspection'", 'numerator': 'cases_conforming', 'denominator': 'cases_inspected'},
        {'id': 'P3-4', 'kind': 'ratio', 'of': "event_kind = 'inspection'", 'numerator': 'cases_inspected - violations', 'denominator': 'cases_inspected'},
        {'id': 'O4-1', 'variant': 'incidents', 'kind': 'rate', 'of': "event_kind = 'incident'", 'when': 'true'},
        {'id': 'O4-1', 'variant': 'fatal_incidents', 'kind': 'rate', 'of': "event_kind = 'incident' and severity = 'fatal'", 'when': 'true'},
    ]) -}}
{%- endmacro %}

{% macro improvement_measures() -%}
    {{- return([
        {'id': 'O4-2', 'kind': 'rate', 'of': "event_kind = 'hazard'", 'when': 'is_fixed_in_time'},
        {'id': 'I1-4', 'kind': 'rate', 'of': "suggestion_source = 'customer' and is_evaluated", 'when': 'adopted', 'unknown': "event_kind = 'suggestion' and suggestion_source is null"},
        {'id': 'I1-4', 'variant': 'employees', 'kind': 'rate', 'of': "suggestion_source = 'employee' and is_evaluated", 'when': 'adopted'},
        {'id': 'I3-1', 'variant': 'effective', 'kind': 'rate', 'of': "project_kind = 'innovation'", 'when': 'true'},
        {'id': 'I3-3', 'kind': 'rate', 'of': "project_kind = 'process_optimisation'", 'when': 'true'},
    ] + reported_measures('O4-2', 'is_fixed_in_time', of="event_kind = 'hazard'")) -}}
{%- endmacro %}

{% macro register_measures() -%}
    {{- return([
        {'id': 'R1-3a', 'kind': 'rate', 'of': "entry_kind = 'outlet'", 'when': 'is_open_days_enough', 'scopes': ['enterprise', 'region']},
        {'id': 'R1-3a', 'variant': 'mean', 'kind': 'mean', 'of': "entry_kind = 'outlet'", 'value': 'open_days', 'scopes': ['enterprise', 'region']},
        {'id': 'R1-3b', 'kind': 'rate', 'of': "entry_kind = 'outlet'", 'when': 'is_open_hours_enough', 'scopes': ['enterprise', 'region']},
        {'id': 'R1-3b', 'variant': 'mean', 'kind': 'mean', 'of': "entry_kind = 'outlet'", 'value': 'open_hours', 'scopes': ['enterprise', 'region']},
        {'id': 'R1-2a', 'variant': 'mean', 'kind': 'mean', 'of': "entry_kind = 'outlet' and entry_class = 'urban'", 'value': 'quantity', 'within': 'is_fulfilled', 'scopes': ['enterprise', 'region']},
        {'id': 'R1-2b', 'variant': 'mean', 'kind': 'mean', 'of': "entry_kind = 'outlet' and entry_class = 'suburban'", 'value': 'quantity', 'within': 'is_fulfilled', 'scopes': ['enterprise', 'region']},
        {'id': 'R2-2', 'kind': 'rate', 'of': "entry_kind = 'outlet'", 'when': 'has_system', 'scopes': ['enterprise', 'region']},
        {'id': 'R2-3', 'kind': 'rate', 'of': "entry_kind = 'equipment'", 'when': 'is_fulfilled'},
        {'id': 'I2-1', 'kind': 'rate', 'of': "entry_kind = 'step'", 'when': 'is_fulfilled', 'scopes': ['enterprise']},
        {'id': 'O3-1a', 'kind': 'rate', 'of': "entry_kind = 'price_item'", 'when': 'is_fulfilled', 'scopes': ['enterprise']},
        {'id': 'R4-2', 'kind': 'ratio', 'of': "entry_kind = 'checklist:R4-2'", 'numerator': 'cast(weight as decimal(19, 6)) * quantity', 'denominator': 'weight', 'n': '1', 'scopes': ['enterprise']},
        {'id': 'R4-3', 'kind': 'ratio', 'of': "entry_kind = 'checklist:R4-3'", 'numerator': 'cast(weight as decimal(19, 6)) * quantity', 'denominator': 'weight', 'n': '1', 'scopes': ['enterprise']},
        {'id': 'P3-2', 'kind': 'ratio', 'of': "entry_kind = 'checklist:P3-2'", 'numerator': 'cast(weight as decimal(19, 6)) * quantity', 'denominator': 'weight', 'n': '1', 'scopes': ['enterprise']},
        {'id': 'O4-3', 'kind': 'ratio', 'of': "entry_kind = 'checklist:O4-3'", 'numerator': 'cast(weight as decimal(19, 6)) * quantity', 'denominator': 'weight', 'n': '1', 'scopes': ['enterprise']},
        {'id': 'I3-2', 'kind': 'ratio', 'of': "entry_kind = 'checklist:I3-2'", 'numerator': 'cast(weight as decimal(19, 6)) * quantity', 'denominator': 'weight', 'n': '1', 'scopes': ['enterprise']},
    ]) -}}
{%- endmacro %}

{% macro staff_measures() -%}
    {{- return([
        {'id': 'R3-2', 'kind': 'rate', 'of': 'required_days > 0', 'when': 'certified_days >= required_days'},
        {'id': 'R3-2', 'variant': 'person_days', 'kind': 'ratio', 'of': 'required_days > 0', 'numerator': 'certified_days', 'denominator': 'required_days'},
        {'id': 'R3-3', 'kind': 'rate', 'of': 'is_employed', 'when': 'is_technical'},
        {'id': 'R3-4', 'kind': 'rate', 'of': 'is_employed', 'when': 'is_trained_enough'},
        {'id': 'R3-4', 'variant': 'mean_hours', 'kind': 'mean', 'of': 'is_employed', 'value': 'training_hours'},
    ]) -}}
{%- endmacro %}

{% macro call_total_measures() -%}
    {{- return([
        {'id': 'P1-1', 'variants': ['', 'daily_totals'], 'hours': 'in_service_hours', 'numerator': 'answered_calls', 'denominator': 'offered_calls'},
        {'id': 'P1-1', 'variants': ['without_short_abandons'], 'hours': 'in_service_hours', 'of': 'has_short_abandons', 'numerator': 'answered_calls', 'denominator': 'kept_calls'},
        {'id': 'P1-1', 'variants': ['out_of_hours'], 'hours': 'not in_service_hours', 'numerator': 'answered_calls', 'denominator': 'offered_calls'},
        {'id': 'P1-2', 'variants': ['', 'daily_totals'], 'hours': 'in_service_hours', 'of': 'has_waits', 'numerator': 'connected_in_time_calls', 'denominator': 'offered_calls'},
        {'id': 'P1-2', 'variants': ['of_answered'], 'hours': 'in_service_hours', 'of': 'has_waits', 'numerator': 'connected_in_time_calls', 'denominator': 'answered_calls'},
    ]) -}}
{%- endmacro %}

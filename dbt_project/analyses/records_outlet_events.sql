{{ config(meta={'indicators': indicators_of(outlet_event_measures())}) }}
{{ measure_records(ref('int_outlet_event_measures'), "case event_kind when 'demand' then 'parts_demands' when 'inspection' then 'quality_inspections' else 'safety_incidents' end", outlet_event_measures()) }}

{{ config(meta={'indicators': indicators_of(improvement_measures())}) }}
{{ measure_records(ref('int_improvement_measures'), "case event_kind when 'hazard' then 'safety_hazards' when 'suggestion' then 'suggestions' else 'improvement_projects' end", improvement_measures()) }}

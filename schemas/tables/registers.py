"""The registers: regions, outlets, staff, vehicles, equipment, customers, steps, channels, prices, with versions in time.

A register says what is in force; events are in the tables of the other modules.
"""

from __future__ import annotations

from schemas.base import Boolean, Date, Double, SourceTable, String, column, not_before, not_negative, valid_from, valid_to


class Regions(SourceTable):
    """One row per enterprise × region of its committed service area (服务区域) × version."""

    enterprise_id: String = column(key=True, required=True, meaning="the enterprise whose committed service area this is")
    enterprise_name: String = column(meaning="what reports call the enterprise; of several the latest (D-137)")
    region_code: String = column(key=True, required=True)
    name: String = column(required=True)
    area_km2: Double = column(required=True, unit="km2", above=0, meaning="committed service area")
    urbanicity: String = column(required=True, values=("urban", "suburban", "rural"))
    valid_from: Date = valid_from()
    valid_to: Date = valid_to()

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "regions"
        title = "服务区域"


class Outlets(SourceTable):
    """One row per enterprise × outlet (服务网点) × version."""

    enterprise_id: String = column(key=True, required=True)
    outlet_id: String = column(key=True, required=True)
    name: String = column(pii="free_text", meaning="may hold its owner's name; readers see those that do not (D-137)")
    region_code: String = column(references="regions", required=True)
    urbanicity: String = column(required=True, values=("urban", "suburban", "rural"))
    service_radius_km: Double = column(unit="km", meaning="declared; R1-2", checks=[not_negative()])
    open_days_per_week: Double = column(minimum=0, maximum=7, meaning="R1-3")
    open_hours_per_day: Double = column(minimum=0, maximum=24, meaning="R1-3")
    has_service_system: Boolean = column(meaning="R2-2")
    opened_on: Date = column(required=True)
    closed_on: Date = column(checks=[not_before("closed_before_opened", "opened_on")])
    valid_from: Date = valid_from()
    valid_to: Date = valid_to()

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "outlets"
        title = "服务网点"


class Staff(SourceTable):
    """One row per enterprise × member of staff (服务人员) × version."""

    enterprise_id: String = column(key=True, required=True)
    staff_id: String = column(key=True, required=True)
    outlet_id: String = column(references="outlets")
    role: String = column(required=True, values=("agent", "field", "technician", "expert", "manager"))
    is_service_staff: Boolean = column(required=True)
    is_technical: Boolean = column(required=True, meaning="R3-3")
    requires_certificate: Boolean = column(required=True, meaning="R3-2")
    certificate_valid_from: Date = column(expected_where="requires_certificate")
    certificate_valid_until: Date = column(
        expected_where="requires_certificate",
        checks=[not_before("certificate_ends_before_it_begins", "certificate_valid_from")],
    )
    hired_on: Date = column(required=True)
    left_on: Date = column(checks=[not_before("left_before_hired", "hired_on")])
    name: String = column(pii="name")
    phone: String = column(pii="phone")
    valid_from: Date = valid_from()
    valid_to: Date = valid_to()

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "staff"
        title = "服务人员"


class Vehicles(SourceTable):
    """One row per enterprise × service vehicle (服务车辆) × version."""

    enterprise_id: String = column(key=True, required=True)
    vehicle_id: String = column(key=True, required=True)
    plate_number: String = column(pii="plate")
    is_dedicated: Boolean = column(required=True)
    in_service_on: Date = column(required=True)
    retired_on: Date = column(checks=[not_before("retired_before_in_service", "in_service_on")])
    valid_from: Date = valid_from()
    valid_to: Date = valid_to()

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "vehicles"
        title = "服务车辆"


class Equipment(SourceTable):
    """One row per enterprise × outlet × core service item (检测维修设备) × version."""

    enterprise_id: String = column(key=True, required=True)
    outlet_id: String = column(key=True, references="outlets", required=True)
    core_item: String = column(key=True, required=True, meaning="核心服务项目 the outlet offers")
    calibrated_until: Date = column(meaning="null = no equipment")
    valid_from: Date = valid_from()
    valid_to: Date = valid_to()

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "equipment"
        title = "检测维修设备"


class Customers(SourceTable):
    """One row per enterprise × customer (顾客) × version."""

    enterprise_id: String = column(key=True, required=True)
    customer_id: String = column(key=True, required=True)
    region_code: String = column(references="regions")
    customer_type: String = column(values=("consumer", "dealer", "business"))
    is_key_customer: Boolean = column()
    registered_on: Date = column(required=True)
    left_on: Date = column()
    name: String = column(pii="name")
    phone: String = column(pii="phone")
    email: String = column(pii="email")
    address: String = column(pii="address")
    valid_from: Date = valid_from()
    valid_to: Date = valid_to()

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "customers"
        title = "顾客"


class ProcessSteps(SourceTable):
    """One row per enterprise × step of the service process (服务环节) × version."""

    enterprise_id: String = column(key=True, required=True)
    step_id: String = column(key=True, required=True)
    name: String = column(required=True, meaning="受理 派工 现场 投诉 ...")
    is_key: Boolean = column(required=True)
    monitored_since: Date = column(meaning="I2-1", expected_where="is_key")
    valid_from: Date = valid_from()
    valid_to: Date = valid_to()

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "process_steps"
        title = "服务环节"


class ComplaintChannels(SourceTable):
    """One row per enterprise × complaint channel (投诉渠道) × version."""

    enterprise_id: String = column(key=True, required=True)
    channel: String = column(key=True, required=True, values=("phone", "online", "letter", "onsite", "other"))
    published: Boolean = column(required=True)
    last_probe_passed_on: Date = column(meaning="I1-1 tested and not merely listed")
    valid_from: Date = valid_from()
    valid_to: Date = valid_to()

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "complaint_channels"
        title = "投诉渠道"


class PriceItems(SourceTable):
    """One row per enterprise × price item (收费项目) × version."""

    enterprise_id: String = column(key=True, required=True)
    item_id: String = column(key=True, required=True)
    is_chargeable: Boolean = column(required=True)
    is_published: Boolean = column(required=True, meaning="O3-1a")
    valid_from: Date = valid_from()
    valid_to: Date = valid_to()

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "price_items"
        title = "收费项目"

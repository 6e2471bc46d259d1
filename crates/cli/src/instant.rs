//! Moments as people write them: RFC 3339, in UTC or with an offset.
//!
//! Days are counted by the algorithms of Howard Hinnant's "chrono-compatible low-level date algorithms", in which a
//! year begins in March so that the leap day comes last.

use protocol::types::Timestamp;

const DAY_MS: i64 = 86_400_000;

/// `2026-11-25T02:13:00.123Z`; a dash for no time.
pub(crate) fn show(time: Timestamp) -> String {
    if time.0 < 0 {
        return "-".to_owned();
    }
    let (days, ms) = (time.0.div_euclid(DAY_MS), time.0.rem_euclid(DAY_MS));
    let (year, month, day) = date(days);
    let (seconds, millis) = (ms / 1000, ms % 1000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// Reads milliseconds since 1970, or a date with or without a time, with or without an offset; UTC is meant without.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    if let Ok(ms) = text.parse::<i64>() {
        return (ms >= 0).then_some(Timestamp(ms));
    }
    let (date, time) = match text.split_once(['T', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-').map(str::parse::<i64>);
    let (Some(Ok(year)), Some(Ok(month)), Some(Ok(day)), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let days = days(year, month, day)?;
    let ms = time.map_or(Some(0), time_of_day)?;
    let moment = days.checked_mul(DAY_MS)?.checked_add(ms)?;
    (moment >= 0).then_some(Timestamp(moment))
}

/// `HH:MM[:SS[.fff]][Z|±HH:MM]` in milliseconds.
fn time_of_day(text: &str) -> Option<i64> {
    let (time, offset_minutes) = match text.find(['Z', '+', '-']) {
        None => (text, 0),
        Some(at) => {
            let (time, offset) = text.split_at(at);
            (time, if offset == "Z" { 0 } else { offset_of(offset)? })
        }
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = time.split(':').map(str::parse::<i64>);
    let (hour, minute) = (parts.next()?.ok()?, parts.next()?.ok()?);
    let second = parts.next().unwrap_or(Ok(0)).ok()?;
    let millis: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let valid = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second) && millis >= 0;
    (valid && parts.next().is_none()).then_some(((hour * 60 + minute - offset_minutes) * 60 + second) * 1000 + millis)
}

fn offset_of(text: &str) -> Option<i64> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text[1..].split_once(':')?;
    Some(sign * (hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?))
}

/// Days since 1970 of a date, if there is such a date.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year_from_march = if month <= 2 { year - 1 } else { year };
    let era = year_from_march.div_euclid(400);
    let year_of_era = year_from_march.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    (date(days) == (year, month, day)).then_some(days)
}

fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn moments_are_read_as_people_write_them() {
        for (text, ms) in [
            ("0", 0),
            ("1700000000000", 1_700_000_000_000),
            ("1970-01-01", 0),
            ("2023-11-14T22:13:20Z", 1_700_000_000_000),
            ("2023-11-14 22:13:20.5", 1_700_000_000_500),
            ("2023-11-15T00:13:20.25+02:00", 1_700_000_000_250),
            ("2024-02-29T00:00", 1_709_164_800_000),
        ] {
            assert_eq!(parse(text), Some(Timestamp(ms)), "{text}");
        }
        for text in
            ["", "-1", "yesterday", "2023-02-29", "2023-13-01", "2023-01-01T25:00", "2023-01-01T1", "2023-1-1-1"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_as_the_same_moment(ms in 0..253_402_300_799_999i64) {
            prop_assert_eq!(parse(&show(Timestamp(ms))), Some(Timestamp(ms)));
        }
    }
}

//! Lists and objects in form variables, as web frameworks write them: `to[]=...`, `dsn[notify]=...`, `attachments[0][name]=...`.

use serde_json::{Map, Value};

use super::json::Properties;
use crate::problem::Problem;

/// Properties that may be lists, and are so when they are numbered.
const LISTS: [&str; 7] = ["recipients", "to", "cc", "replyto", "unsubscribe", "attachments", "tags"];

/// Brackets within brackets that anything here has use for.
const DEEPEST: usize = 8;

/// Puts `value` where the name says.
pub(super) fn insert(properties: &mut Properties, name: &str, value: String) -> Result<(), Problem> {
    let (property, mut rest) = name.find('[').map_or((name, ""), |at| name.split_at(at));
    let mut path = vec![property.to_owned()];
    while !rest.is_empty() {
        let key = rest.strip_prefix('[').and_then(|inner| inner.split_once(']'));
        let (key, behind) =
            key.ok_or_else(|| Problem::bad(property, "the brackets in the variable's name do not match"))?;
        path.push(key.to_owned());
        rest = behind;
    }
    if property.is_empty() {
        return Err(Problem::new(
            400,
            format!(
                "a variable without a name stands there: {}",
                crate::problem::shown(&format!("{name}={value}"))
            ),
        ));
    }
    if path.len() > DEEPEST {
        return Err(Problem::bad(property, "too many brackets in the variable's name"));
    }
    let Some(last) = path.pop() else { return Ok(()) };
    let mut map = properties;
    for key in path {
        let key = numbered(key, map);
        let inner = map.entry(key).or_insert_with(|| Value::Object(Map::new()));
        map = inner.as_object_mut().ok_or_else(|| {
            Problem::bad(property, "the variable is given both as one value and as several")
        })?;
    }
    let last = numbered(last, map);
    if map.contains_key(&last) {
        return Err(Problem::bad(property, "the variable stands twice; several values are written with []"));
    }
    map.insert(last, Value::String(value));
    Ok(())
}

/// `[]` is the next free number.
fn numbered(key: String, map: &Properties) -> String {
    if key.is_empty() { map.len().to_string() } else { key }
}

/// Makes numbered properties lists.
pub(super) fn lists(mut properties: Properties) -> Properties {
    for (name, value) in &mut properties {
        // A template within the request has lists of its own.
        if name == "template"
            && let Value::Object(parts) = value
        {
            *parts = lists(std::mem::take(parts));
        }
        if LISTS.contains(&name.as_str())
            && let Value::Object(map) = value
            && (0..map.len()).all(|number| map.contains_key(&number.to_string()))
        {
            *value =
                Value::Array((0..map.len()).filter_map(|number| map.remove(&number.to_string())).collect());
        }
    }
    properties
}

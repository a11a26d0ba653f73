//! The `OpenAPI` document, from the types that requests are read into.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::journal::Record;
use crate::request::Request;

pub(super) async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], made().to_string()).into_response()
}

fn made() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut generator = SchemaGenerator::new(settings);
    let request = generator.subschema_for::<Request>().to_value();
    let records = generator.subschema_for::<Vec<Record>>();
    let schemas = generator.take_definitions(true);
    let json_of = |schema: Value| json!({ "application/json": { "schema": schema } });
    let problem = json!({
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": { "type": "string", "description": "What is wrong, and what to do." },
            "property": { "type": "string", "description": "The property that is to blame." },
            "errors": { "type": "object", "additionalProperties": fate() },
        },
    });
    let refused = |text: &str| json!({ "description": text, "content": json_of(problem.clone()) });
    let later = json!({
        "description": "Nothing was accepted, and a later try may succeed.",
        "headers": { "Retry-After": { "schema": { "type": "string" }, "description": "Seconds." } },
        "content": json_of(problem.clone()),
    });
    let ids = json!({
        "type": "object",
        "description": "An identifier for each recipient that was accepted, and its address.",
        "additionalProperties": { "type": "string" },
    });
    let some = json!({
        "type": "object",
        "required": ["errors"],
        "properties": { "errors": { "type": "object", "additionalProperties": fate() } },
        "additionalProperties": { "type": "string" },
    });
    let of = |form: &str| json!({ "description": form, "content": json_of(json!({ "type": "object" })) });
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Mail gateway",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Hands mails on to a mail server, and says that they were taken when that server has said so.",
        },
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": { "type": "apiKey", "in": "query", "name": "access_token" },
                "bearer": { "type": "http", "scheme": "bearer" },
            },
        },
        "security": [{ "token": [] }, { "bearer": [] }],
        "paths": {
            "/v1/send": { "post": {
                "summary": "Send a mail",
                "requestBody": { "required": true, "content": {
                    "application/json": { "schema": request, "examples": examples() },
                    "application/x-www-form-urlencoded": form_of(&request),
                } },
                "responses": {
                    "200": { "description": "The next hop took the mail for all recipients.", "content": json_of(ids) },
                    "202": { "description": "The next hop took the mail for some recipients.", "content": json_of(some) },
                    "400": refused("The request cannot be read, or contradicts itself."),
                    "401": refused("The token is missing or wrong."),
                    "408": refused("The body came too slowly."),
                    "413": refused("The body, its properties or the mail are too large."),
                    "414": refused("The address is too long."),
                    "415": refused("The body is neither JSON nor a form."),
                    "422": refused("The gateway does not do that, or the next hop refuses the mail for good."),
                    "431": refused("The head is too long, or has too many fields."),
                    "500": refused("Something is wrong with the gateway itself, such as a template that it may not read."),
                    "502": refused("The next hop cannot be used, or may have taken the mail without saying so."),
                    "503": later,
                },
            } },
            "/v1/mails": { "get": {
                "summary": "The last mails, the newest first",
                "responses": {
                    "200": { "description": "The last mails.", "content": json_of(json!(records)) },
                    "400": refused("A variable in the address that nobody knows."),
                    "401": refused("The token is missing or wrong."),
                },
            } },
            "/health": { "get": { "summary": "Whether it runs", "security": [], "responses": { "200": of("It runs.") } } },
            "/metrics": { "get": { "summary": "Counts, in Prometheus's text format", "security": [], "responses": {
                "200": { "description": "The counts.", "content": { "text/plain": { "schema": { "type": "string" } } } },
            } } },
            "/": { "get": { "summary": "A page for people", "security": [], "responses": {
                "200": { "description": "The page.", "content": { "text/html": { "schema": { "type": "string" } } } },
            } } },
            "/openapi.json": { "get": { "summary": "This document", "security": [], "responses": { "200": of("This document.") } } },
        },
    })
}

/// `OpenAPI` can say how objects are written in forms, and has no style for lists in brackets.
fn form_of(request: &Value) -> Value {
    let mut schema = request.clone();
    if let Some(schema) = schema.as_object_mut() {
        let text = "Objects are written dsn[notify]=FAILURE, lists to[]=a@example.com&to[]=b@example.com or to[0]=a@example.com, and lists of objects attachments[0][name]=a.txt. A name that stands twice is an error.";
        schema.insert("description".to_owned(), json!(text));
    }
    let deep = json!({ "style": "deepObject", "explode": true });
    json!({ "schema": schema, "encoding": { "data": deep, "dsn": deep, "extra": deep } })
}

fn examples() -> Value {
    json!({
        "parts": { "value": {
            "recipient": "john@example.com", "from": "Info <info@example.com>", "to": ["John <john@example.com>"],
            "subject": "Hello", "text": "It works.", "html": "<p>It works.</p>",
        } },
        "blind copy": { "value": {
            "recipients": ["alice@example.com", "bob@example.com"], "from": "info@example.com", "to": "alice@example.com",
            "subject": "Bob is not in it", "text": "Hello Alice",
        } },
        "personal": { "value": {
            "recipients": { "jane@example.com": { "name": "Jane" }, "john@example.com": { "name": "John" } },
            "from": "info@example.com", "to": "{$name} <{$recipient}>", "subject": "For {$name}", "text": "Dear {$name}.",
            "dsn": { "notify": "FAILURE", "ret": "HDRS", "envid": "mark" },
        } },
        "own message": { "value": {
            "recipient": "john@example.com", "mime": "From: info@example.com\r\nSubject: Hello\r\n\r\nIt works.\r\n",
        } },
    })
}

fn fate() -> Value {
    json!({
        "type": "object",
        "required": ["text"],
        "properties": { "code": { "type": "integer" }, "text": { "type": "string" } },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_have_what_the_document_requires() {
        let document = made();
        let all = document["components"]["schemas"]["Request"]["allOf"].as_array().unwrap().clone();
        for (name, example) in examples().as_object().unwrap() {
            for any in &all {
                let met = any["anyOf"].as_array().unwrap().iter().any(|way| {
                    way["required"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .all(|key| example["value"].get(key.as_str().unwrap()).is_some())
                });
                assert!(met, "{name}: {any}");
            }
        }
    }

    #[test]
    fn a_form_says_how_lists_and_objects_are_written() {
        let document = made();
        let content = &document["paths"]["/v1/send"]["post"]["requestBody"]["content"];
        let form = &content["application/x-www-form-urlencoded"];
        assert_eq!(form["schema"]["$ref"], content["application/json"]["schema"]["$ref"]);
        assert!(form["schema"]["description"].as_str().unwrap().contains("to[]="));
        for name in form["encoding"].as_object().unwrap().keys() {
            assert!(document["components"]["schemas"]["Request"]["properties"].get(name).is_some(), "{name}");
        }
    }

    #[test]
    fn the_document_has_every_property_and_every_reference_leads_somewhere() {
        let document = made();
        let properties = &document["components"]["schemas"]["Request"]["properties"];
        for name in [
            "recipient",
            "recipients",
            "mime",
            "attachments",
            "dsn",
            "template",
            "data",
            "trackclicks",
            "maxdelivertime",
        ] {
            assert!(properties.get(name).is_some(), "{name}");
        }
        assert_eq!(document["components"]["schemas"]["Request"]["additionalProperties"], json!(false));
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let path = reference.split('"').next().unwrap();
            assert!(document.pointer(path).is_some(), "{path}");
        }
    }
}

//! What is said to this program: one JSON object, or nothing, which is one without fields. A list
//! would be read as its fields in their order, and nobody could see which is which.

use super::refusal::Refusal;

/// The object that is said.
pub fn object(body: &[u8]) -> Result<&[u8], Refusal> {
    match body.trim_ascii() {
        b"" => Ok(b"{}"),
        [b'{', ..] => Ok(body),
        _ => Err(Refusal::Unreadable("it is no JSON object".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_an_object_without_fields() {
        assert_eq!(object(b" \n").ok(), Some(&b"{}"[..]));
        assert_eq!(object(b" {\"a\":1} ").ok(), Some(&b" {\"a\":1} "[..]));
        for body in [&b"[]"[..], b"null", b"7", b"\"{\"", b"\xef\xbb\xbf{}"] {
            assert_eq!(object(body).expect_err("it is none").code(), "malformed");
        }
    }
}

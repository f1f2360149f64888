using System.Security.Cryptography;
using System.Text;

namespace PosModular.Benchmarks;

/// <summary>A webhook request as Square sends it.</summary>
internal static class Webhook
{
    public static byte[] Request(string path, byte[] body, string url, byte[] key)
    {
        return
        [
            .. Encoding.ASCII.GetBytes(
                $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nx-square-hmacsha256-signature: "
                    + $"{Sign(body, url, key)}\r\nContent-Length: {body.Length}\r\n\r\n"
            ),
            .. body,
        ];
    }

    public static string Sign(byte[] body, string url, byte[] key) =>
        Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(url).Concat(body).ToArray()));

    public static string Fingerprint(string card) => "sq-1-Tvruf3vPQxlvI6n0IcKYfBukrcv6IqWr8UyBdViWXU2yzGn5VMJvrsHMK-" + card;

    public static string OrderIdOf(string paymentId) => "order-" + paymentId;

    /// <summary>A payment of 10.00 EUR in the shape and size of Square's documented example.</summary>
    public static byte[] PaymentBody(string eventId, string paymentId, string location, string card, bool hasOrder = true)
    {
        var order = hasOrder ? $"\"order_id\":\"{OrderIdOf(paymentId)}\"," : "";
        return Encoding.UTF8.GetBytes(
            $"{{\"merchant_id\":\"6SSW7HV8K2ST5\",\"type\":\"payment.updated\",\"event_id\":\"{eventId}\","
                + $"\"created_at\":\"2026-11-20T21:27:34.308Z\",\"data\":{{\"type\":\"payment\",\"id\":\"{paymentId}\","
                + "\"object\":{\"payment\":{\"amount_money\":{\"amount\":1000,\"currency\":\"EUR\"},\"approved_money\":{\"amount\":1000,"
                + "\"currency\":\"EUR\"},\"card_details\":{\"avs_status\":\"AVS_ACCEPTED\",\"card\":{\"bin\":\"540988\","
                + "\"card_brand\":\"MASTERCARD\",\"card_type\":\"CREDIT\",\"exp_month\":11,\"exp_year\":2022,"
                + $"\"fingerprint\":\"{Fingerprint(card)}\",\"last_4\":\"9029\",\"prepaid_type\":\"NOT_PREPAID\"}},"
                + "\"card_payment_timeline\":{\"authorized_at\":\"2026-11-20T21:16:51.198Z\","
                + "\"captured_at\":\"2026-11-20T21:19:00.832Z\"},\"cvv_status\":\"CVV_ACCEPTED\",\"entry_method\":\"KEYED\","
                + "\"statement_description\":\"SQ *DEFAULT TEST ACCOUNT\",\"status\":\"CAPTURED\"},"
                + "\"created_at\":\"2026-11-20T21:16:51.086Z\",\"delay_action\":\"CANCEL\",\"delay_duration\":\"PT168H\","
                + $"\"delayed_until\":\"2026-11-29T21:16:51.086Z\",\"id\":\"{paymentId}\",\"location_id\":\"{location}\","
                + $"{order}\"receipt_number\":\"hYy9\","
                + "\"receipt_url\":\"https://squareup.com/receipt/preview/hYy9pRFVxpDsO1FB05SunFWUe9JZY\","
                + "\"risk_evaluation\":{\"created_at\":\"2026-11-20T21:16:51.198Z\",\"risk_level\":\"NORMAL\"},\"source_type\":\"CARD\","
                + "\"status\":\"COMPLETED\",\"total_money\":{\"amount\":1000,\"currency\":\"EUR\"},"
                + "\"updated_at\":\"2026-11-20T21:19:00.831Z\","
                + "\"version_token\":\"bhC3b8qKJvNDdxqKzXaeDsAjS1oMFuAKxGgT32HbE6S6o\"} } } }"
        );
    }
}

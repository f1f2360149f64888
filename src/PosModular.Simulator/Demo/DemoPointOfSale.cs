using System.Collections.Concurrent;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Sellers;
using PosModular.Simulator.Toast;

namespace PosModular.Simulator.Demo;

/// <summary>Takes the payments of the demo's venues, each at its provider. A payment's id is the provider's.</summary>
internal sealed class DemoPointOfSale(SellerStore sellers, SquareLedger square, SimulatedToast toast)
{
    private readonly ConcurrentDictionary<string, string> _guestsOfToast = new();

    public void Open(DemoVenue venue)
    {
        if (!venue.IsToast)
        {
            sellers.AddSeller(venue.Seller);
            return;
        }
        var account = toast.Restaurants.Add(venue.Restaurant);
        toast.Logins.Accept(venue.ToastToken, account.Client.ClientId, TimeSpan.FromDays(365));
    }

    /// <summary>Toast has no API for subscriptions, so its staff enter the address.</summary>
    public void SendWebhooksTo(DemoVenue venue, string notificationUrl)
    {
        if (venue.IsToast)
            toast.Restaurants.SetWebhook(venue.Restaurant.Guid!.Value, notificationUrl, venue.ToastWebhookSecret);
    }

    /// <summary>Adds a sale and returns the payment's id.</summary>
    /// <param name="venue">The venue.</param>
    /// <param name="sale">The sale; its location is the venue's.</param>
    /// <param name="isGuestKnown">Whether a member says who they are where the point of sale knows nothing of the card.</param>
    public string AddSale(DemoVenue venue, Sale sale, bool isGuestKnown)
    {
        if (!venue.IsToast)
            return square.AddSale(sale).Id;
        var tax = sale.Amount * 7 / 107;
        var order = toast.Ledger.AddSale(
            new ToastSale
            {
                RestaurantGuid = venue.Restaurant.Guid!.Value,
                Price = sale.Amount - tax,
                Tax = tax,
                Tip = sale.Tip,
                Type = sale.Cash ? ToastPaymentType.Cash : ToastPaymentType.Credit,
                Captured = sale.Captured,
                At = sale.At,
                Announce = sale.Announce,
            }
        );
        var payment = order.Checks[0].Payments[0].Guid.ToString();
        if (isGuestKnown && GuestGenerator.FindUserId(sale.Card) is { } user)
            _guestsOfToast[payment] = user;
        return payment;
    }

    public void Capture(DemoVenue venue, string payment, DateTimeOffset at)
    {
        if (venue.IsToast)
            toast.Ledger.Capture(Guid.Parse(payment), at);
        else
            square.Capture(payment, at);
    }

    public void SetTip(DemoVenue venue, string payment, long tip, DateTimeOffset at)
    {
        if (venue.IsToast)
            toast.Ledger.SetTip(Guid.Parse(payment), tip, at);
        else
            square.SetTip(payment, tip, at);
    }

    /// <summary>The guest leaves without paying: the authorisation is cancelled.</summary>
    public void Cancel(DemoVenue venue, string payment, DateTimeOffset at)
    {
        if (venue.IsToast)
            toast.Ledger.VoidPayment(Guid.Parse(payment), at);
        else
            square.Cancel(payment, at);
    }

    /// <summary>Refunds this amount, or all.</summary>
    public void Refund(DemoVenue venue, string payment, long? amount, DateTimeOffset at)
    {
        if (venue.IsToast)
            toast.Ledger.RefundPayment(Guid.Parse(payment), amount, amount is null ? null : 0, at);
        else
            square.RefundPayment(payment, amount, "Wrong drink", at);
    }

    /// <summary>The member who made a payment of this run; null for other guests.</summary>
    public string? FindGuest(DemoVenue venue, string payment) =>
        venue.IsToast ? _guestsOfToast.GetValueOrDefault(payment) : GuestGenerator.FindUserId(square.Find(payment)?.Card);
}

using CsCheck;
using Integrations.Toast;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Toast;

/// <summary>The number of the next page according to the Link headers.</summary>
public sealed class ToastLinkHeaderTests
{
    private const string Next =
        "<https://toast.example/orders/v2/ordersBulk?startDate=2026-11-20T20%3A00%3A00.000%2B0000&pageSize=100&page=3>; rel=\"next\"";

    [Theory]
    [InlineData(Next, 3)]
    [InlineData("<https://toast.example/x?page=1>; rel=\"first\", " + Next + ", <https://toast.example/x?page=1>; rel=\"prev\"", 3)]
    [InlineData("<https://toast.example/x?a=1,2;3&page=3>;REL=next", 3)]
    [InlineData("<https://toast.example/x?page=3>; title=\"a, \\\"b\"; rel=\"last next\"", 3)]
    [InlineData("</x?page=3#end>; rel = \"next\"", 3)]
    [InlineData("<https://toast.example/x?page=2>; rel=\"next\"", 3)]
    [InlineData("<https://toast.example/x?page=-1>; rel=\"next\"", 3)]
    [InlineData("<https://toast.example/x>; rel=\"next\"", 3)]
    [InlineData("<https://toast.example/x?page=9>; rel=\"next\"", 9)]
    [InlineData("<https://toast.example/x?page=3>; rel=\"self\"", null)]
    [InlineData("<https://toast.example/x?page=3>; rel=\"nextish\"", null)]
    [InlineData("<https://toast.example/x?page=3&rel=next>", null)]
    [InlineData("<https://toast.example/x?page=3; rel=\"next\"", null)]
    [InlineData("rel=\"next\"", null)]
    [InlineData("", null)]
    public void The_next_page_is_found(string header, int? page) => ToastLinkHeader.NextPage([header], 2).ShouldBe(page);

    [Fact]
    public void Each_of_several_headers_is_read() => ToastLinkHeader.NextPage(["<x?page=1>; rel=\"first\"", Next], 2).ShouldBe(3);

    [Fact]
    public void Any_header_gives_a_later_page_or_none() =>
        Gen.Char["<>;,\"= relnxtpag?&123"].Array[0, 60].Sample(text => ToastLinkHeader.NextPage([new string(text)], 5) is null or > 5);
}

using Integrations.Credentials;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Credentials;

/// <summary>The same address and the same number have the same hash however they are written, and another key gives another hash.</summary>
public sealed class ContactHasherTests
{
    private static readonly ContactHasher Hasher = new(new byte[ContactHasher.KeySize]);
    private static readonly ContactHasher OtherKey = new([.. Enumerable.Repeat((byte)1, ContactHasher.KeySize)]);

    [Theory]
    [InlineData("jack@example.com")]
    [InlineData(" Jack@Example.COM ")]
    public void An_address_has_one_hash_whatever_its_case(string address) =>
        Hasher.HashEmail(address).ShouldBe(Hasher.HashEmail("jack@example.com"));

    [Theory]
    [InlineData("+1 (333) 555-5501", null)]
    [InlineData("333-555-5501", "1")]
    [InlineData("3335555501", "+1")]
    [InlineData("13335555501", null)]
    public void A_number_has_one_hash_however_it_is_written(string number, string? countryCode) =>
        Hasher.HashPhone(number, countryCode).ShouldBe(Hasher.HashPhone("+13335555501", null));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("jack")]
    [InlineData("@example.com")]
    [InlineData("jack@")]
    public void Text_that_is_no_address_has_no_hash(string? text) => Hasher.HashEmail(text).ShouldBeNull();

    [Theory]
    [InlineData(null)]
    [InlineData("123")]
    [InlineData("000-000-0000")]
    [InlineData("1234567890123456")]
    [InlineData("none")]
    public void Text_that_is_no_number_has_no_hash(string? text) => Hasher.HashPhone(text, null).ShouldBeNull();

    [Fact]
    public void Another_key_another_kind_and_another_value_give_another_hash() =>
        new[]
        {
            Hasher.HashEmail("jack@example.com"),
            OtherKey.HashEmail("jack@example.com"),
            Hasher.HashEmail("jill@example.com"),
            Hasher.HashPhone("3335555501", null),
            OtherKey.HashPhone("3335555501", null),
        }
            .Distinct()
            .Count()
            .ShouldBe(5);

    [Fact]
    public void Nothing_is_hashed_before_the_key_is_loaded() =>
        Should.Throw<InvalidOperationException>(() => new ContactHasher().HashEmail("jack@example.com"));
}

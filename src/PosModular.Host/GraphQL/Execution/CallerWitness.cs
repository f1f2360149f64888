using System.Security.Claims;
using System.Security.Principal;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>A user who notices being asked who they are. What was resolved without asking is the same for every user who may see the
/// event.</summary>
internal sealed class CallerWitness(ClaimsPrincipal user) : ClaimsPrincipal
{
    private volatile bool _wasAsked;

    /// <summary>Whether any claim or identity of the user has been read.</summary>
    public bool WasAsked => _wasAsked;

    private ClaimsPrincipal Asked
    {
        get
        {
            _wasAsked = true;
            return user;
        }
    }

    public override IEnumerable<Claim> Claims => Asked.Claims;
    public override IEnumerable<ClaimsIdentity> Identities => Asked.Identities;
    public override IIdentity? Identity => Asked.Identity;

    public override IEnumerable<Claim> FindAll(Predicate<Claim> match) => Asked.FindAll(match);

    public override IEnumerable<Claim> FindAll(string type) => Asked.FindAll(type);

    public override Claim? FindFirst(Predicate<Claim> match) => Asked.FindFirst(match);

    public override Claim? FindFirst(string type) => Asked.FindFirst(type);

    public override bool HasClaim(Predicate<Claim> match) => Asked.HasClaim(match);

    public override bool HasClaim(string type, string value) => Asked.HasClaim(type, value);

    public override bool IsInRole(string role) => Asked.IsInRole(role);

    public override ClaimsPrincipal Clone() => Asked.Clone();
}

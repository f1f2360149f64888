using System.Reflection;
using GraphQL;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using PosModular.Host;
using PosModular.Kernel.Schema;
using Shouldly;
using Xunit;

namespace PosModular.ArchitectureTests.Api;

/// <summary>Every slice is registered and has one public method. Every notification handler is registered.</summary>
public sealed class SlicesTests
{
    private static readonly IServiceCollection Services = Register();

    // The same registration as for the command that prints the schema.
    private static IServiceCollection Register()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration["ConnectionStrings:Pos"] = "Host=nowhere";
        builder.Configuration["Pos:PublicBaseUrl"] = "http://nowhere";
        builder.Configuration["POS_ENCRYPTION_KEY"] = new string('0', 64);
        PosHost.AddModules(builder);
        return builder.Services;
    }

    private static IReadOnlyList<(string Type, Type Slice)> Registered =>
        Services
            .Select(s => s.ServiceType == typeof(SchemaSlices) ? s.ImplementationInstance : null)
            .OfType<SchemaSlices>()
            .Single()
            .Slices;

    private static MethodInfo[] Methods(Type type) =>
        [.. type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Where(m => !m.IsSpecialName)];

    // A field takes a parent or a context. A delegate cannot be a field's argument, so a method with a delegate is not a slice.
    private static bool IsSlice(Type type) =>
        type is { IsClass: true, IsAbstract: false }
        && Methods(type)
            .Select(m => m.GetParameters())
            .Any(parameters =>
                parameters.Any(p => p.ParameterType.IsAssignableTo(typeof(IResolveFieldContext)) || p.IsDefined(typeof(ParentAttribute)))
                && !parameters.Any(p => p.ParameterType.IsSubclassOf(typeof(Delegate)))
            );

    private static IEnumerable<string> Unregistered(IEnumerable<Type> types, IEnumerable<Type> registered) =>
        types.Where(IsSlice).Except(registered).Select(t => $"{t.FullName} is not registered in its module.");

    private static IEnumerable<string> WithoutSingleMethod(IEnumerable<Type> slices) =>
        slices.Where(s => Methods(s).Length != 1).Select(s => $"{s.FullName} has {Methods(s).Length} public methods; a slice has one.");

    private static IEnumerable<string> UnregisteredHandlers(IEnumerable<Type> types, IServiceCollection services) =>
        types
            .Where(t =>
                t is { IsClass: true, IsAbstract: false }
                && t.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(INotificationHandler<>))
            )
            .Where(t => services.All(s => s.ServiceType != t))
            .Select(t => $"{t.FullName} is not registered in its module.");

    [Fact]
    public void Every_slice_is_registered() => Unregistered(Repository.TypesOfModules, Registered.Select(r => r.Slice)).ShouldBeEmpty();

    [Fact]
    public void Every_registered_slice_has_one_public_method() => WithoutSingleMethod(Registered.Select(r => r.Slice)).ShouldBeEmpty();

    [Fact]
    public void Every_notification_handler_is_registered() => UnregisteredHandlers(Repository.TypesOfModules, Services).ShouldBeEmpty();

    [Fact]
    public void No_slice_is_registered_twice() => Registered.Select(r => r.Slice).ShouldBeUnique();

    [Fact]
    public void A_planted_slice_is_found()
    {
        Unregistered([typeof(PlantedSlice), typeof(PlantedChild), typeof(PlantedCollaborator)], []).Count().ShouldBe(2);
        Unregistered([typeof(PlantedSlice), typeof(PlantedChild)], [typeof(PlantedSlice), typeof(PlantedChild)]).ShouldBeEmpty();
        WithoutSingleMethod([typeof(PlantedSlice), typeof(PlantedChild)]).ShouldHaveSingleItem().ShouldContain(nameof(PlantedChild));
        UnregisteredHandlers([typeof(PlantedHandler)], Services).ShouldHaveSingleItem();
    }

    private sealed class PlantedSlice
    {
        public string Handle(IResolveFieldContext context) => context.FieldDefinition.Name;
    }

    private sealed class PlantedChild
    {
        public string Name([Parent] string parent) => parent;

        public string Other([Parent] string parent) => parent;
    }

    private sealed class PlantedCollaborator
    {
        public string Follow(IResolveFieldContext context, Func<string> which) => which() + context;
    }

    private sealed record PlantedNotification : INotification;

    private sealed class PlantedHandler : INotificationHandler<PlantedNotification>
    {
        public Task Handle(PlantedNotification notification, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

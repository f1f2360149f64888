namespace PosModular.Simulator.Demo;

/// <summary>The demo cannot continue; the message is for the person who started it.</summary>
internal sealed class DemoException(string message) : Exception(message);

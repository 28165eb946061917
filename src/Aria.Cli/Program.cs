Console.Error.WriteLine("aria: no command is built yet");
return 2;
